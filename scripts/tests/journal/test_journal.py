"""The journalled writer: all of a plan or nothing, and no byte that a person wrote is gone."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from course import journal
from course.errors import CourseError
from course.git import Entry
from course.journal import Move, Plan, Remove, Write
from course.repository import Repository
from tests import propagation_chains as made
from tests.journal import works

SCRIPTS = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "course"
    folder.mkdir()
    works.template(folder)
    return folder


@pytest.fixture(autouse=True)
def hook() -> Iterator[None]:
    yield
    journal.before_operation = lambda name: None


def stop_at(number: int, error: BaseException) -> list[str]:
    """Let the n-th operation on the disk fail; returns the names of operations as they come."""
    names: list[str] = []

    def before(name: str) -> None:
        names.append(name)
        if len(names) == number:
            raise error

    journal.before_operation = before
    return names


def state(root: Path) -> dict[str, tuple[str, bytes]]:
    return made.everything(root)


def backups(root: Path) -> dict[str, bytes]:
    folder = root / ".course/backups"
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def after_of(root: Path, tmp_path: Path) -> dict[str, tuple[str, bytes]]:
    """Return the state after the plan, from a copy."""
    copy = tmp_path / "after"
    shutil.copytree(root, copy, symlinks=True)
    works.every_kind(copy)
    return state(copy)


def test_a_plan_of_every_kind_is_carried_out(root: Path) -> None:
    works.every_kind(root)
    left = state(root)
    assert left["steps/02-a/.env"] == ("100644", b"a secret")
    assert left["steps/02-a/f.txt"][1] == b"two"
    assert left["steps/03-b/becomes-folder/inner"][1] == b"new"
    assert left["steps/03-b/becomes-file"][1] == b"new"
    assert left["steps/03-b/program"] == ("100755", b"run")
    assert left["steps/03-b/link"] == ("120000", b"program")
    assert not (root / "steps/02-a/deep").exists()
    assert (root / "steps/03-b/kept.txt").stat().st_mode & 0o777 == 0o600
    assert backups(root) == {"only.txt": b"gone soon", "kept.txt": b"nowhere else"}
    assert not (root / ".course/journal").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied at each operation")
def test_killed_at_any_moment_it_resumes_or_has_not_begun(root: Path, tmp_path: Path) -> None:
    before, after = state(root), after_of(root, tmp_path)
    shutil.copytree(root, tmp_path / "template", symlinks=True)
    cases = killed(tmp_path, "tests.journal.works:every_kind")
    assert len(cases) > 40
    seen = set()
    for case in cases:
        folder = tmp_path / f"case-{case['case']}"
        left = state(folder)
        assert left in (before, after), case
        assert not (folder / ".course/journal").exists()
        if left == after:
            assert backups(folder) == {"only.txt": b"gone soon", "kept.txt": b"nowhere else"}, case
        seen.add(left == after)
    assert seen == {True, False}


def killed(folder: Path, work: str) -> list[dict[str, object]]:
    program = Path(__file__).with_name("kills.py")
    done = subprocess.run(
        [sys.executable, str(program), str(SCRIPTS), work, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr
)
def test_a_full_disk_or_ctrl_c_at_any_moment_leaves_all_as_it_was(
    root: Path, tmp_path: Path, error: BaseException
) -> None:
    before, after = state(root), after_of(root, tmp_path)
    number = 0
    while True:
        number += 1
        folder = tmp_path / f"case-{number}"
        shutil.copytree(root, folder, symlinks=True)
        names = stop_at(number, error)
        try:
            works.every_kind(folder)
            break
        except type(error):
            pass
        journal.before_operation = lambda name: None
        journal.recover(Repository(folder))
        # At the very end everything is done already, and only the plan is still to go.
        done = names[number - 1] in ("mark done", "unlink plan")
        assert state(folder) == (after if done else before) or (
            state(folder) == after and names[number - 1] in ("rename to backups", "sweep")
        ), (number, names[number - 1])
    assert number > 40


def test_ctrl_c_twice_is_put_back_by_the_next_call(root: Path, tmp_path: Path) -> None:
    before, after = state(root), after_of(root, tmp_path)
    names = stop_at(0, KeyboardInterrupt())
    shutil.copytree(root, tmp_path / "count", symlinks=True)
    works.every_kind(tmp_path / "count")
    last = max(n for n, name in enumerate(names, 1) if name == "rename into place")
    for second in range(last + 1, last + 30):
        folder = tmp_path / f"case-{second}"
        shutil.copytree(root, folder, symlinks=True)
        count = 0

        def before_operation(name: str, second: int = second) -> None:
            nonlocal count
            count += 1
            if count in (last, second):
                raise KeyboardInterrupt

        journal.before_operation = before_operation
        with pytest.raises(KeyboardInterrupt):
            works.every_kind(folder)
        journal.before_operation = lambda name: None
        journal.recover(Repository(folder))
        # Before the undoing was marked, the next call may as well do the rest.
        assert state(folder) == (after if second == last + 1 else before)


def change(root: Path, plan: Plan) -> None:
    with journal.changing(Repository(root), "test") as writer:
        writer.carry_out(plan)


def test_a_file_that_changed_since_the_plan_was_made_is_refused(root: Path) -> None:
    plan = works.plan(root)
    (root / "steps/02-b/kept.txt").write_text("edited meanwhile")
    before = state(root)
    with pytest.raises(CourseError, match="kept.txt changed while the command was at work"):
        change(root, plan)
    assert state(root) == before


def test_a_file_that_changes_at_the_last_moment_is_put_back(root: Path) -> None:
    plan = works.plan(root)
    done = False

    def before(name: str) -> None:
        nonlocal done
        if name == "link old" and not done:
            done = True
            (root / "steps/02-a/f.txt").write_text("at the last moment")

    journal.before_operation = before
    before_plan = state(root)
    with pytest.raises(CourseError, match="f.txt changed while the command was at work"):
        change(root, plan)
    assert state(root) == before_plan | {"steps/01-a/f.txt": ("100644", b"at the last moment")}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(writes=[Write("other.txt", b"", None)]), "other.txt is to be made, but is there"),
        (Plan(removals=[Remove("nothing", Entry("100644", "0"))]), "nothing is gone"),
        (Plan(moves=[Move("nothing", "x")]), "nothing is not there"),
        (Plan(moves=[Move("steps/01-a", "steps/02-b")]), "steps/02-b is in the way"),
        (Plan(writes=[Write("../x", b"", None)]), "not a path inside the course"),
        (Plan(writes=[Write("steps/.git/x", b"", None)]), "not a path inside the course"),
        (Plan(writes=[Write("/x", b"", None)]), "not a path inside the course"),
        (Plan(writes=[Write("other.txt/x", b"", None)]), "other.txt is not a folder"),
        (Plan(writes=[Write("steps/02-b/link/x", b"", None)]), "link is not a folder"),
        (Plan(writes=[Write("steps/01-a/deep", b"", None)]), "is a folder that holds"),
    ],
)
def test_what_does_not_fit_the_disk_is_refused(root: Path, plan: Plan, said: str) -> None:
    before = state(root)
    with pytest.raises(CourseError, match=said):
        change(root, plan)
    assert state(root) == before


def test_an_empty_plan_does_nothing(root: Path) -> None:
    stop_at(1, AssertionError())
    change(root, Plan())


def test_an_empty_folder_makes_room_for_a_file(root: Path) -> None:
    (root / "steps/01-a/empty/inner").mkdir(parents=True)
    change(root, Plan(writes=[Write("steps/01-a/empty", b"x", None)]))
    assert (root / "steps/01-a/empty").read_bytes() == b"x"


def test_two_commands_at_once_are_refused(root: Path) -> None:
    repository = Repository(root)
    other = FileLock(repository.state_folder("") / "lock")
    with other, pytest.raises(CourseError, match="Another `course` command"):
        change(root, works.plan(root))


def test_recovery_waits_for_nobody(root: Path) -> None:
    repository = Repository(root)
    leave_a_plan(root)
    other = FileLock(repository.state / "lock")
    with other:
        assert journal.recover(repository) == []
    assert journal.recover(repository)[0].startswith("`course test` was interrupted; the rest")
    assert journal.recover(repository) == []


def leave_a_plan(root: Path) -> None:
    """Leave what a process leaves that was killed right before it began."""
    unfinished = journal._Journal(Repository(root))
    unfinished.prepare(works.plan(root), "test")


def test_what_a_person_changed_before_the_recovery_is_kept(root: Path) -> None:
    leave_a_plan(root)
    (root / "steps/01-a/f.txt").write_text("mine")
    (root / "steps/01-a/deep/only.txt").write_text("mine too")
    said = journal.recover(Repository(root))
    assert any("f.txt was changed meanwhile; your version:" in line for line in said)
    assert state(root)["steps/02-a/f.txt"][1] == b"two"
    assert backups(root)["f.txt"] == b"mine"
    assert backups(root)["only.txt"] == b"mine too"


def test_what_a_person_deleted_before_the_recovery_is_written(root: Path) -> None:
    leave_a_plan(root)
    (root / "steps/01-a/f.txt").unlink()
    journal.recover(Repository(root))
    assert state(root)["steps/02-a/f.txt"][1] == b"two"


def test_what_a_person_changed_before_it_is_put_back_is_kept(root: Path) -> None:
    before = state(root)
    leave_a_plan(root)
    unfinished = journal._Journal(Repository(root))
    assert unfinished.load()
    unfinished.forward(resumed=True)
    (unfinished.folder / "undo.ready").replace(unfinished.undo)
    (root / "steps/02-a/f.txt").write_text("mine")
    (root / "steps/02-a/deep").mkdir()
    (root / "steps/02-a/deep/only.txt").write_text("mine too")
    said = journal.recover(Repository(root))
    assert said[0] == "`course test` was interrupted; everything was put back."
    assert len(said) == 3
    assert state(root) == before
    assert backups(root) == {"f.txt": b"mine", "only.txt": b"mine too"}


def test_a_recovery_that_something_is_in_the_way_of_says_so(root: Path) -> None:
    leave_a_plan(root)
    (root / "steps/01-new").write_text("in the way")
    with pytest.raises(CourseError, match="cannot be finished"):
        journal.recover(Repository(root))
    (root / "steps/01-new").unlink()
    assert journal.recover(Repository(root))[0].endswith("the rest was done now.")


def test_killed_between_the_second_name_and_the_rename(root: Path) -> None:
    leave_a_plan(root)
    aside = root / ".course/journal/old/w0"
    os.link(root / "steps/01-a/f.txt", aside)
    path = root / "steps/01-a/f.txt"
    path.unlink()
    path.write_text("saved again by an editor")
    journal.recover(Repository(root))
    assert state(root)["steps/02-a/f.txt"][1] == b"two"
    assert sorted(v for k, v in backups(root).items() if k.startswith("f.txt")) == [
        b"one",
        b"saved again by an editor",
    ]


def test_what_git_puts_back_before_the_recovery_is_never_half_of_it(
    root: Path, tmp_path: Path
) -> None:
    made.sh(root, "init", "-q")
    made.sh(root, "add", "-A", "-f")
    made.sh(root, "commit", "-q", "-m", "The course")
    before, after = state(root), after_of(root, tmp_path)
    put_back, number = 0, 0
    while True:
        number += 1
        folder = tmp_path / f"case-{number}"
        shutil.copytree(root, folder, symlinks=True)
        leave_a_plan(folder)
        unfinished = journal._Journal(Repository(folder))
        assert unfinished.load()
        names = stop_at(number, KeyboardInterrupt())
        try:
            unfinished.forward(resumed=True)
        except KeyboardInterrupt:
            pass
        journal.before_operation = lambda name: None
        made.sh(folder, "checkout", "-q", "-f", "--", ".")
        said = journal.recover(Repository(folder))
        assert state(folder) in (before, after), (number, said)
        put_back += "put back since" in said[0]
        if len(names) < number:
            break
    assert put_back > 5 and number > 10


def test_what_git_checks_out_of_another_commit_before_the_recovery_stays(tmp_path: Path) -> None:
    root = tmp_path.resolve() / "course"
    made.make(root, [{name: (made.FILE, b"old\n") for name in ("a", "b", "c")}])
    step = root / made.folder_of(0)
    older = made.sh(root, "rev-parse", "HEAD")
    made.write(step, {name: (made.FILE, b"new\n") for name in ("a", "b", "c")})
    made.commit(root)
    (step / "a").write_bytes(b"mine\n")
    (step / "b").write_bytes(b"mine too\n")
    entries = {name: journal.entry_of(step / name) for name in ("a", "b", "c")}
    plan = Plan()
    plan.writes.append(Write(f"{made.folder_of(0)}/a", b"made\n", entries["a"], keep=True))
    plan.writes.append(Write(f"{made.folder_of(0)}/c", b"made\n", entries["c"]))
    plan.writes.append(Write(f"{made.folder_of(0)}/d", b"made\n", None))
    removed = entries["b"]
    assert removed is not None
    plan.removals.append(Remove(f"{made.folder_of(0)}/b", removed, keep=True))
    kept, number = set(), 0
    while True:
        number += 1
        folder = tmp_path / f"case-{number}"
        shutil.copytree(root, folder, symlinks=True)
        unfinished = journal._Journal(Repository(folder))
        unfinished.prepare(plan, "test")
        names = stop_at(number, KeyboardInterrupt())
        try:
            unfinished.forward(resumed=True)
        except KeyboardInterrupt:
            pass
        journal.before_operation = lambda name: None
        made.sh(folder, "checkout", "-q", "-f", "--detach", older)
        said, *more = journal.recover(Repository(folder))
        assert "put back since" in said, number
        found = {k: v for k, v in state(folder).items() if k.startswith("steps/01")}
        assert {content for _, content in found.values()} == {b"old\n"} and len(found) == 3
        assert len(backups(folder)) == len(more)
        kept |= set(backups(folder).values())
        if len(names) < number:
            break
    assert kept == {b"mine\n", b"mine too\n"}


def test_leftovers_without_a_plan_are_swept(root: Path) -> None:
    (root / ".course/journal/new").mkdir(parents=True)
    assert journal.recover(Repository(root)) == []
    assert not (root / ".course/journal").exists()


def test_a_file_system_without_hard_links(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    works.every_kind(root)
    assert backups(root)["kept.txt"] == b"nowhere else"


def test_backups_of_one_second_do_not_meet(root: Path) -> None:
    repository = Repository(root)
    first = journal.backup_folder(repository, "test")
    (root / first).mkdir(parents=True)
    assert journal.backup_folder(repository, "test") != first


def test_an_entry_is_named_as_git_names_it(root: Path) -> None:
    made.sh(root, "init", "-q")
    blob = made.sh(root, "hash-object", "steps/01-a/f.txt")
    assert journal.entry_of(root / "steps/01-a/f.txt") == Entry("100644", blob)
    assert journal.entry_of(root / "steps/01-a/nothing") is None
