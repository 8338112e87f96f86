"""What a check found is exported, collected, and shown at once for a whole class."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.play.conftest import Learner

from course import classroom
from course.errors import CourseError
from course.play import export


@pytest.fixture
def solved(learner: Learner) -> Learner:
    """A learner who has begun from the first step and done the second, but never checked."""
    learner.type("play", "1")
    learner.type("solve")
    return learner


def refused(learner: Learner, *words: str) -> str:
    """Return all that a verb says which ends with an error in words."""
    done = learner.result(*words)
    assert isinstance(done.exception, CourseError), done.output
    return f"{done.output}\n{done.exception}"


def result(**values: Any) -> str:
    """Return an honest file, with some of its values changed."""
    told = {
        "format": 1,
        "course": "Notes",
        "name": "Anna",
        "step": "notes",
        "done": False,
        "passed": 3,
        "failed": ["tests.test_notes.test_x"],
        "look": ["notes.py"],
        "checked": "2026-11-28T05:00:00+00:00",
        "finished": {"greeting": "2026-11-27"},
    }
    return json.dumps({**told, **values})


def test_a_check_is_exported_whether_it_passes_or_not(solved: Learner, tmp_path: Path) -> None:
    file = tmp_path / "class" / "Anna B.json"
    solved.write("notes.py", solved.read("notes.py").replace("def titled", "def untitled"))
    said = solved.type("check", "--export", str(file), code=1)
    assert "not yet" in said and "give it to your instructor" in said
    report = export.read(file)
    assert (report.name, report.step, report.done) == ("Anna B", "notes", False)
    assert report.failed and "notes.py" in report.look
    assert str(solved.course.root) not in file.read_text()
    solved.type("solve")
    solved.type("check", "--export", str(file), "--name", "Anna B")
    report = export.read(file)
    assert report.done and report.passed == 2 and not report.failed
    assert "notes" in report.finished
    said = solved.type("class", str(file.parent))
    assert "Anna B" in said and "02-notes" in said and "1 of 3" in said
    assert "1 learners, 1 of them done" in said


def test_a_file_that_cannot_be_read_is_exported_without_tests(
    solved: Learner, tmp_path: Path
) -> None:
    solved.write("notes.py", "def broken(:\n")
    solved.type("check", "--export", str(tmp_path / "a.json"), code=1)
    report = export.read(tmp_path / "a.json")
    assert (report.passed, report.failed, report.look) == (0, (), ("notes.py",))


def test_an_export_never_writes_over_something_else(solved: Learner, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text("{}")
    assert "is no result of a check" in refused(solved, "check", "--export", str(mine))
    assert mine.read_text() == "{}"
    assert "is a folder" in refused(solved, "check", "--export", str(tmp_path))
    mine.write_text(result(name="Ben"))
    said = refused(solved, "check", "--export", str(mine))
    assert "holds the result of 'Ben', and not of 'mine'" in said
    said = refused(solved, "check", "--export", str(tmp_path / "b"), "--name", "a\x1b[2J")
    assert "cannot be a name" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ("\0\xff", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "Field required"),
        (result(format=2), "format"),
        (result(extra=1), "extra"),
        (result(name="\x1b[2J"), "name"),
        (result(name=""), "name"),
        (result(name="x" * 400), "name"),
        (result(passed=-1), "passed"),
        (result(passed=10**30), "passed"),
        (result(failed=["x"] * 201), "failed"),
        (result(checked="yesterday"), "checked"),
        (result(checked="2026-11-28T05:00:00"), "checked"),
        (result(finished={"a": 1}), "finished"),
        (" " * (export.MOST_BYTES + 1), "is larger than"),
    ],
)
def test_a_file_that_is_no_result_is_named(
    learner: Learner, tmp_path: Path, content: str, said: str
) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "bad.json").write_text(content, encoding="latin-1")
    (folder / "good.json").write_text(result())
    told = refused(learner, "class", str(folder))
    assert "bad.json is no result of a check" in told and said in told
    assert "Anna" in told and "Traceback" not in told


def test_links_pipes_and_folders_are_not_read(learner: Learner, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "link.json").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.json")
    (folder / "circle").symlink_to(folder)
    (folder / "good.json").write_text(result())
    told = refused(learner, "class", str(folder))
    assert told.count("it is no ordinary file") == 2 and "Anna" in told


def test_a_file_that_may_not_be_read_is_named(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.json").write_text(result())

    real = Path.open
    trouble: list[OSError] = [PermissionError(13, "Permission denied")]

    def refuse(path: Path, *words: Any, **more: Any) -> Any:
        if path.name == "a.json":
            raise trouble[0]
        return real(path, *words, **more)

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in refused(learner, "class", str(tmp_path))
    trouble[0] = FileNotFoundError()
    assert "it is gone" in refused(learner, "class", str(tmp_path))


def test_of_two_files_of_one_learner_the_newer_counts(learner: Learner, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(result(passed=1))
    (tmp_path / "b.json").write_text(result(name="ANNA", passed=9, checked="2026-11-28T06:00:00Z"))
    (tmp_path / "c.json").write_text(result(passed=2, checked="2026-11-28T05:30:00+02:00"))
    told = learner.type("class", str(tmp_path))
    assert "1 learners" in told and "9 of 10" in told
    assert "a.json is left out: b.json is newer" in told
    assert "c.json is left out: b.json is newer" in told


def test_files_of_another_course_or_step_are_named(learner: Learner, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(result(course="Other"))
    (tmp_path / "b.json").write_text(result(name="Ben", step="gone"))
    told = learner.type("class", str(tmp_path))
    assert "it is of another course: Other" in told and "Anna" not in told
    assert "the course has no step gone" in told and "Ben" in told


def test_a_spreadsheet_and_a_page_are_written_safely(learner: Learner, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    many = [f"f{number}.py" for number in range(5)]
    (folder / "a.json").write_text(result(name="=1+1|<b>[red]", look=many))
    sheet, page = tmp_path / "c.csv", tmp_path / "c.html"
    said = learner.type("class", str(folder), "--csv", str(sheet), "--html", str(page))
    assert "[red]" in said
    text = sheet.read_text("utf-8-sig")
    assert "\n'=1+1" in text and "f2.py and 2 more" in text
    html = page.read_text("utf-8")
    assert "&lt;b&gt;" in html and "<b>" not in html


def test_a_folder_without_results_says_what_to_do(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "course check --export" in refused(learner, "class", str(empty))
    assert "is no folder" in refused(learner, "class", str(tmp_path / "none"))
    monkeypatch.setattr(classroom, "_MOST_FILES", 1)
    for name in "ab":
        (empty / f"{name}.json").write_text(result())
    assert "that is no class" in refused(learner, "class", str(empty))
