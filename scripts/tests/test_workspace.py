"""Copies of snapshots leave nothing behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests import small_course

from course import processes, workspace
from course.git import Entry
from course.workspace import Workspace


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(workspace, "_MEMORY", tmp_path / "memory")
    return folder


def test_a_workspace_is_taken_away_with_all_that_is_in_it(temporary: Path) -> None:
    with Workspace() as space:
        first, second = space.new("project"), space.new("project")
        assert first.name == second.name == "project"
        assert first.parent != second.parent
        assert not first.exists()
        first.mkdir()
        (first / "file").touch()
        assert [path.name for path in temporary.iterdir()] == [space.folder.name]
    assert list(temporary.iterdir()) == []


def test_what_a_thread_makes_briefly_goes_at_the_end_of_its_block(temporary: Path) -> None:
    with Workspace() as space:
        with space.briefly():
            brief, kept = space.new("project"), space.new("project", keep=True)
            with ThreadPoolExecutor(max_workers=1) as pool:
                others = pool.submit(space.new, "project").result()
            for folder in (brief, kept, others):
                folder.mkdir()
        assert [path.exists() for path in (brief.parent, kept, others)] == [False, True, True]
        late = space.new("project")
        assert late.parent.exists()


def test_only_folders_of_runs_that_are_gone_are_swept(temporary: Path) -> None:
    with Workspace() as living:
        gone = [
            temporary / "course-work-999999999-1-abc",
            temporary / f"course-work-{os.getpid()}-1000-abc",
            temporary / "course-work-",
            temporary / "course-work-x-y-z",
        ]
        for folder in gone:
            (folder / "copy").mkdir(parents=True)
        other = temporary / "another"
        other.mkdir()
        workspace.sweep()
        assert sorted(temporary.iterdir()) == sorted([other, living.folder])


def test_what_a_killed_run_left_in_memory_is_swept_too(tmp_path: Path) -> None:
    folder = tmp_path / "memory" / "course-work-999999999-1-abc"
    folder.mkdir(parents=True)
    workspace.sweep()
    assert not folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="users and links of POSIX")
def test_what_others_put_into_the_temporary_folder_is_left_alone(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o500)
    (temporary / "course-work-999999999-1-link").symlink_to(target)
    (temporary / "course-work-999999999-1-file").touch()
    theirs = temporary / "course-work-999999999-1-theirs"
    theirs.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 1 + theirs.stat().st_uid)
    workspace.sweep()
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert len(list(temporary.iterdir())) == 3
    workspace.sweep()
    assert target.stat().st_mode & 0o777 == 0o500
    assert len(list(temporary.iterdir())) == 2


def test_a_folder_that_goes_meanwhile_does_no_harm(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = temporary / "course-work-999999999-1-gone"
    monkeypatch.setattr(Path, "glob", lambda *_: [gone])
    workspace.sweep()
    workspace.remove(gone)


def test_what_cannot_be_removed_at_once_is_made_writable_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "closed"
    (folder / "inner" / "deep").mkdir(parents=True)
    (folder / "inner" / "link").symlink_to(tmp_path / "nowhere")
    (folder / "inner").chmod(0)
    calls = []
    remove = shutil.rmtree

    def refuses_once(path: Path, ignore_errors: bool = False) -> None:
        calls.append(path)
        if len(calls) > 1:
            remove(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", refuses_once)
    workspace.remove(folder)
    assert len(calls) == 2
    assert not folder.exists()


def test_a_mode_that_cannot_be_changed_is_left_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError

    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.setattr(Path, "chmod", refuses)
    workspace.remove(tmp_path / "folder")
    assert (tmp_path / "folder").is_dir()


def test_entries_are_written_with_their_modes_and_links(tmp_path: Path) -> None:
    store = small_course.make(tmp_path, steps=1, final=False).chain.store
    blob, link = store.write_blob(b"a\r\n"), store.write_blob("café".encode())
    entries = {
        "é/run": Entry("100755", blob),
        "plain": Entry("100644", blob),
        "link": Entry("120000", link),
    }
    folder = tmp_path / "out"
    workspace.write_entries(store, entries, folder)
    assert (folder / "é" / "run").read_bytes() == b"a\r\n"
    assert os.access(folder / "é" / "run", os.X_OK)
    assert not os.access(folder / "plain", os.X_OK)
    assert os.readlink(folder / "link") == "café"
    target = workspace.copy(folder, tmp_path / "again")
    assert (target / "link").is_symlink()
    assert os.access(target / "é" / "run", os.X_OK)


def test_a_copy_is_a_repository_without_hooks(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    workspace.make_repository(tmp_path / "copy")
    assert not (tmp_path / "copy" / ".git" / "hooks").exists()
    assert processes.run_name().startswith(f"{os.getpid()}-")


def test_the_tests_of_the_tool_have_a_temporary_root_of_their_own(tmp_path: Path) -> None:
    assert tmp_path.is_relative_to(Path(os.environ["PYTEST_DEBUG_TEMPROOT"]).resolve())
