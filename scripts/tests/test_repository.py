"""A course is found from anywhere inside it; files are written in one step, and only if new."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests import small_course

from course.errors import CourseError
from course.repository import Repository, tool_programs, tool_python, write_if_changed

POSIX = os.name == "posix"


def test_a_course_is_found_from_a_folder_deep_inside_it(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    found = Repository.find(course.root / "steps/01-greeting/tests")
    assert found == course.repository
    assert found.catalogue == course.root.resolve() / "steps/course.toml"


def test_the_current_folder_is_where_the_search_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = small_course.make(tmp_path, steps=1)
    monkeypatch.chdir(course.root / "final")
    assert Repository.find() == course.repository


def test_outside_a_course_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as caught:
        Repository.find(tmp_path)
    assert str(tmp_path) in caught.value.problem
    assert "Change into the folder" in caught.value.remedy


@pytest.mark.skipif(not POSIX, reason="Windows keeps the current folder from being removed")
def test_a_current_folder_that_is_gone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(CourseError, match="current folder is gone"):
        Repository.find()


def test_a_course_behind_a_symbolic_link_is_one_course(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    link = tmp_path / "link"
    try:
        link.symlink_to(course.root, target_is_directory=True)
    except OSError:  # pragma: no cover (windows)
        pytest.skip("symbolic links need more rights here")
    assert Repository.find(link / "steps") == course.repository


def test_a_folder_of_the_state_is_made_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = Repository(tmp_path).state_folder("run")
    assert folder.is_dir() and folder == tmp_path / ".course" / "run"


def test_the_tools_programs_lie_beside_its_interpreter() -> None:
    assert tool_python() == Path(sys.executable)
    assert tool_programs() == Path(sys.executable).parent


def test_a_file_is_written_with_the_folders_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.txt"
    assert write_if_changed(file, b"one") is True
    assert file.read_bytes() == b"one"


def test_a_file_that_holds_the_content_already_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "b.txt"
    file.write_bytes(b"one")
    os.utime(file, (1, 1))
    assert write_if_changed(file, b"one") is False
    assert file.stat().st_mtime == 1


def test_another_content_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "b.txt"
    file.write_bytes(b"one")
    assert write_if_changed(file, b"two") is True
    assert file.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.skipif(not POSIX, reason="files of Windows have no such mode")
def test_a_file_that_may_be_run_may_still_be_run_after_it_was_replaced(tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_bytes(b"one")
    file.chmod(0o755)
    write_if_changed(file, b"two")
    assert file.stat().st_mode & 0o777 == 0o755


def test_a_write_that_fails_leaves_the_old_file_and_no_half_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.txt"
    file.write_bytes(b"one")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_if_changed(file, b"two")
    assert file.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_results_are_kept_in_the_course_or_where_a_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(tmp_path / "course")
    assert repository.results_folder("results") == tmp_path / "course/.course/results"
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "shared"))
    folder = repository.results_folder("results")
    assert folder == tmp_path / "shared/results"
    assert folder.is_dir()
