"""``--changed``: a touched step means it and its successor, a touched tool means all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course.errors import CourseError
from course.verify.affected_steps import changed, names


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """Three steps and a final one that no command is run on."""
    return small_course.make(tmp_path, only=["test"])


def touched(course: SmallCourse, base: str = "HEAD") -> list[str]:
    """Return the names of the links that need proof again."""
    return names(changed(course.chain, base))


def test_nothing_is_touched_while_nothing_differs(course: SmallCourse) -> None:
    assert touched(course) == []


CHANGES: dict[str, Callable[[SmallCourse], object]] = {
    "a file": lambda course: course.edit("02-notes", "notes.py", "title()", "upper()"),
    "a new file": lambda course: course.write("02-notes", "more é.txt", "more"),
    "a file that is gone": lambda course: course.delete("02-notes", "demo.py"),
    "a mode": lambda course: (course.folder("02-notes") / "demo.py").chmod(0o755),
    "a command": lambda course: course.set("02-notes", lint="python lint.py ."),
    "a title": lambda course: course.set("02-notes", title="Another"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_touched_step_means_it_and_its_successor(
    course: SmallCourse, change: Callable[[SmallCourse], object]
) -> None:
    change(course)
    assert touched(course) == ["02-notes", "03-stars"]


def test_the_last_step_has_no_successor(course: SmallCourse) -> None:
    course.write("final", "README.md", "# Another\n")
    assert touched(course) == ["final"]


def test_committed_changes_count_from_the_base(course: SmallCourse) -> None:
    base = course.commit()
    course.write("01-greeting", "README.md", "# Another\n")
    course.commit()
    assert touched(course) == []
    assert touched(course, base) == touched(course, "HEAD~1") == ["01-greeting", "02-notes"]


@pytest.mark.parametrize("path", ["scripts/course/git.py", "pyproject.toml", ".gitattributes"])
def test_a_touched_tool_means_every_step(course: SmallCourse, path: str) -> None:
    everything = ["01-greeting", "02-notes", "03-stars", "final"]
    target = course.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("new", encoding="utf-8")
    assert touched(course) == everything
    course.commit()
    assert touched(course) == []
    target.unlink()
    assert touched(course) == everything


def test_other_files_touch_no_step(course: SmallCourse) -> None:
    (course.root / "README.md").write_text("# Notes\n", encoding="utf-8")
    assert touched(course) == []


@pytest.mark.parametrize("base", ["no-such-branch", "--help", ""])
def test_an_unknown_revision_is_an_error(course: SmallCourse, base: str) -> None:
    with pytest.raises(CourseError, match="There is no revision") as caught:
        touched(course, base)
    assert "git fetch" in caught.value.remedy


def test_renumbered_steps_are_known_by_their_slug(course: SmallCourse) -> None:
    course.set_all(database="")
    course.commit()
    course.tables["step"].insert(1, {**course.step("02-notes"), "slug": "inserted"})
    course.save()
    for old, new in (("03-stars", "04-stars"), ("02-notes", "03-notes")):
        course.folder(old).rename(course.folder(new))
    course.write("02-inserted", "README.md", "# Inserted\n")
    assert touched(course) == ["02-inserted", "03-notes", "04-stars"]


def test_a_step_whose_predecessor_is_taken_out_needs_its_proof_again(course: SmallCourse) -> None:
    course.tables["step"].pop(1)
    course.save()
    course.delete("02-notes", ".")
    course.folder("03-stars").rename(course.folder("02-stars"))
    assert touched(course) == ["02-stars", "final"]


@pytest.mark.parametrize("state", ["missing", "broken"])
def test_a_base_without_a_catalogue_means_every_step(course: SmallCourse, state: str) -> None:
    catalogue = course.root / "steps" / "course.toml"
    if state == "missing":
        catalogue.unlink()
    else:
        catalogue.write_bytes(b"\xff[")
    base = course.commit()
    course.save()
    assert touched(course, base) == ["01-greeting", "02-notes", "03-stars", "final"]
