"""``course propagate`` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from course import cli
from course.chain import Chain
from course.errors import CourseError
from course.locks import regenerate
from course.repository import Repository
from tests import propagation_chains as made

TEXT = "".join(f"line {number}\n" for number in range(1, 13)).encode()
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def course(tmp_path: Path) -> Repository:
    third = TEXT.replace(b"line 5\n", b"line five\n")
    project = b"[project]\ndependencies = []\n"
    snapshots: list[made.Files] = [
        {"f.txt": (made.FILE, text), "x.lock": (made.FILE, b"1\n")} for text in (TEXT, TEXT, third)
    ]
    snapshots = [files | {"pyproject.toml": (made.FILE, project)} for files in snapshots]
    snapshots[2]["x.lock"] = (made.FILE, b"3\n")
    repository = made.make(tmp_path / "course", [*snapshots, snapshots[2]], final="copy = true")
    (repository.root / ".gitattributes").write_text("x.lock linguist-generated\n")
    made.commit(repository.root)
    return repository


@pytest.fixture
def call(
    course: Repository, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Call:
    monkeypatch.chdir(course.root)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["propagate", *words])
        captured = capfd.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def edit(course: Repository, old: bytes, new: bytes, folder: str = "steps/01-s1") -> None:
    path = course.root / folder / "f.txt"
    path.write_bytes(path.read_bytes().replace(old, new))


def test_nothing_to_carry(call: Call) -> None:
    code, out, _ = call()
    assert code == 0 and out.startswith("Nothing to carry")


def test_an_edit_is_carried_and_named(course: Repository, call: Call) -> None:
    edit(course, b"line 10", b"line ten")
    code, out, err = call("--dry-run")
    assert code == 0 and "would be changed" in out and "course verify" not in err
    code, out, err = call()
    rows = [line.split(maxsplit=1) for line in out.splitlines()[1:]]
    assert [[word.strip() for word in row] for row in rows] == [
        ["01-s1", "edited"],
        ["02-s2", "changed"],
        ["03-s3", "changed"],
        ["final", "copied from the step before"],
    ]
    assert code == 0 and "course verify --changed" in err


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_new_file_that_the_persons_own_git_ignores_is_carried_and_named(
    course: Repository, call: Call, words: tuple[str, ...]
) -> None:
    exclude = course.root / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("*.py\n")
    (course.root / "steps/01-s1/new.py").write_text("x = 1\n")
    code, _, err = call(*words)
    said = " ".join(err.split())
    assert code == 0 and ".git/info/exclude has git ignore what the course has" in said
    assert "steps/01-s1/new.py" in said and "git add --force FILE" in said
    assert (course.root / "final/new.py").exists() == (not words)


@pytest.mark.parametrize("mixed", [False, True])
def test_an_edit_saved_with_other_line_endings_is_one_change(
    course: Repository, call: Call, mixed: bool
) -> None:
    edit(course, b"line 10\n", b"line ten\n")
    edit(course, b"line 1\n" if mixed else b"\n", b"line 1\r\n" if mixed else b"\r\n")
    code, _, err = call()
    assert code == 0 and "line endings (CRLF or LF) of f.txt" in " ".join(err.split())
    wanted = TEXT.replace(b"line 10\n", b"line ten\n")
    assert (course.root / "steps/02-s2/f.txt").read_bytes() == wanted
    third = wanted.replace(b"line 5\n", b"line five\n")
    assert (course.root / "steps/03-s3/f.txt").read_bytes() == third
    # Saved with the old endings again, there is nothing more to carry.
    edit(course, b"\r\n", b"\n")
    assert call()[0] == 0
    assert (course.root / "steps/03-s3/f.txt").read_bytes() == third


def test_a_later_step_keeps_its_own_line_endings(course: Repository, call: Call) -> None:
    edit(course, b"\n", b"\r\n", "steps/03-s3")
    made.commit(course.root)
    edit(course, b"line 10\n", b"line ten\n")
    code, _, err = call()
    assert code == 0 and "line endings" not in err
    third = (course.root / "steps/03-s3/f.txt").read_bytes()
    assert b"line ten\r\n" in third and third.count(b"\r\n") == third.count(b"\n") == 12


def test_a_conflict_and_the_way_on(course: Repository, call: Call) -> None:
    edit(course, b"line 5\n", b"line V\n")
    code, out, err = call("--dry-run")
    assert code == 0 and "conflict in f.txt" in out and "own side had been chosen" in err
    code, out, err = call()
    assert code == 1 and "steps/03-s3/f.txt is in conflict" in err
    assert "course propagate --continue" in err
    code, _, err = call("--continue")
    assert code == 1 and "f.txt:5: a conflict marker" in err
    (course.root / "steps/03-s3/f.txt").write_bytes(TEXT.replace(b"line 5\n", b"five, V\n"))
    code, out, err = call("--continue")
    assert code == 0 and "Carried to the end" in err


def test_a_conflict_solved_by_the_steps_own_side_is_carried_to_the_end(
    course: Repository, call: Call
) -> None:
    edit(course, b"line 5\n", b"line V\n")
    call()
    (course.root / "steps/03-s3/f.txt").write_bytes(TEXT.replace(b"line 5\n", b"line five\n"))
    code, out, err = call("--continue")
    assert code == 0 and out == ""
    assert err == (
        "steps/03-s3 keeps its own version of f.txt.\n"
        "Carried to the end. Prove it: course verify --changed\n"
    )


def test_a_conflict_without_markers_names_the_choice(course: Repository, call: Call) -> None:
    (course.root / "steps/01-s1/f.txt").unlink()
    code, _, err = call()
    assert code == 1 and "the edit deletes it, this step changed it" in err
    assert "--continue keeps it; to follow the edit, delete it first." in err
    code, _, err = call("--continue")
    assert code == 0 and "steps/03-s3 keeps its own version of f.txt." in err


def test_a_dry_run_waits_as_the_verb_itself_does(course: Repository, call: Call) -> None:
    edit(course, b"line 5\n", b"line V\n")
    call()
    code, out, err = call("--dry-run")
    assert code == 1 and out == ""
    assert "must wait" in err and "course propagate --abort" in err
    assert "git stash" not in err  # The markers are there: nothing was put back.


def test_what_the_refusal_says_forgets_the_stop_and_keeps_the_edit(
    course: Repository, call: Call
) -> None:
    edit(course, b"line 5\n", b"line V\n")
    call()
    made.sh(course.root, "checkout", "-q", "--", "steps/03-s3")
    (course.root / "steps/03-s3/own.txt").write_bytes(b"mine\n")
    _, _, err = call()
    assert "git stash -u && course propagate && git stash pop" in err
    made.sh(course.root, "stash", "-u")
    code, _, err = call()
    assert code == 0 and "is forgotten" in err
    made.sh(course.root, "stash", "pop")
    assert (course.root / "steps/03-s3/own.txt").read_bytes() == b"mine\n"
    code, _, err = call()
    assert code == 1 and "must wait" not in err  # The same edit meets the same conflict.


def test_abort_says_where_backups_lie(course: Repository, call: Call) -> None:
    edit(course, b"line 5\n", b"line V\n")
    call()
    edit(course, b"line 1\n", b"line one\n", "steps/03-s3")
    code, _, err = call("--abort")
    assert code == 0 and ".course/backups/" in err and "as it was before" in err


def test_generated_files_are_named(
    course: Repository, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course.root / "steps/01-s1/x.lock").write_bytes(b"2\n")
    monkeypatch.setattr(regenerate, "relock", lambda chain, links: {"steps/03-s3/x.lock": b"4\n"})
    _, out, err = call()
    assert "taken over: x.lock" in out and "to be regenerated: x.lock" in out
    assert "Regenerated: steps/03-s3/x.lock" in err


def test_generated_files_that_cannot_be_made_are_named(
    course: Repository, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(chain: Chain, links: object) -> dict[str, bytes]:
        raise CourseError("no network")

    monkeypatch.setattr(regenerate, "relock", refuse)
    (course.root / "steps/01-s1/x.lock").write_bytes(b"2\n")
    _, _, err = call()
    assert "could not be regenerated: no network" in err and "→ course lock" in err


def test_many_files_are_counted(course: Repository, call: Call) -> None:
    for number in range(8):
        (course.root / f"steps/01-s1/n{number}.txt").write_text("1\n")
        (course.root / f"steps/02-s2/n{number}.txt").write_text("2\n")
    _, out, _ = call()
    assert "n4.txt and 3 more" in out
    _, out, _ = call("--abort")
    _, out, _ = call("--dry-run")
    assert "n7.txt" in out


def test_a_step_that_lost_its_idea_is_a_warning(course: Repository, call: Call) -> None:
    edit(course, b"line 5\n", b"line five\n")
    (course.root / "steps/01-s1/x.lock").write_bytes(b"3\n")
    _, _, err = call()
    assert "warning: steps/03-s3: nothing is left that differs" in err


def test_the_same_conflict_is_named_as_solved(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:

    ours, new, mine = TEXT + b"x = 1\n", TEXT + b"x = 2\n", TEXT + b"x = 3\n"
    repository = made.make(
        tmp_path / "other",
        [
            {"a.py": (made.FILE, a), "b.py": (made.FILE, b)}
            for a, b in ((ours, ours), (new, ours), (new, new))
        ],
    )
    for name in ("a.py", "b.py"):
        (repository.root / "steps/01-s1" / name).write_bytes(mine)

    monkeypatch.chdir(repository.root)
    assert call()[0] == 1
    (repository.root / "steps/02-s2/a.py").write_bytes(TEXT + b"x = 5\n")
    assert "solved as before: b.py" in call("--continue")[1]


@pytest.mark.parametrize("words", [("--dry-run", "--abort"), ("--continue", "--base", "HEAD")])
def test_options_that_exclude_each_other(call: Call, words: tuple[str, ...]) -> None:
    code, _, err = call(*words)
    assert code == 2 and "stand alone" in err
