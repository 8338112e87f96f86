"""The course at a glance and the README's table say what the catalogue says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course import overview
from course.errors import CourseError

MARKED = "# R\n\n<!-- steps -->\nold\n<!-- /steps -->\n\nEnd\n"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=2)


def page(course: SmallCourse) -> str:
    return overview.generated(course.chain)[overview.PAGE].decode()


def readme(course: SmallCourse) -> str:
    return overview.generated(course.chain)[overview.README].decode()


def test_every_step_stands_there_with_its_facts_and_its_command(course: SmallCourse) -> None:
    course.set("02-notes", factors=["II", "XII"], services=["redis"])
    text = page(course)
    assert "# Notes: the course at a glance\n\nA course made for tests.\n" in text
    assert "2 steps, about 25 minutes" in text
    assert "## Part 1 · All of it" in text
    assert "### [02](steps/02-notes) Notes" in text
    assert "10 minutes · factors II, XII · services: redis · `course run 02`" in text
    assert "### [final](final) Notes" in text
    assert "| XII. Admin processes | run admin and management tasks as one-off processes"
    assert "one-off processes | [02](steps/02-notes) |" in text
    assert "| I. Codebase | one codebase tracked in revision control, many deploys | – |" in text


def test_a_course_without_a_summary_has_none(course: SmallCourse) -> None:
    del course.tables["course"]["summary"]
    course.save()
    assert "at a glance\n\n2 steps" in page(course)


def test_a_step_with_a_page_links_to_it(course: SmallCourse) -> None:
    course.tables["course"]["pages"] = "docs/steps"
    course.save()
    (course.root / "docs" / "steps").mkdir(parents=True)
    (course.root / "docs" / "steps" / "notes.md").write_text("x")
    assert "[page](docs/steps/notes.md)" in page(course)
    assert "greeting.md" not in page(course)


def test_without_a_readme_only_the_page_is_made(course: SmallCourse) -> None:
    assert set(overview.generated(course.chain)) == {overview.PAGE}


def test_the_readmes_table_is_replaced_and_the_rest_stays(course: SmallCourse) -> None:
    (course.root / "README.md").write_text(MARKED)
    text = readme(course)
    assert text.startswith("# R\n\n<!-- steps -->\n| step |") and text.endswith(
        " |\n<!-- /steps -->\n\nEnd\n"
    )
    assert "old" not in text
    (course.root / "README.md").write_text(text)
    assert readme(course) == text


def test_words_that_would_break_a_table_are_made_harmless(course: SmallCourse) -> None:
    (course.root / "README.md").write_text(MARKED)
    course.set("02-notes", title="a | b", summary=r"One\1 \g<0>" + " |\nline.")
    assert r"[02 · a \| b](steps/02-notes) | One\1 \g<0> \| line. |" in readme(course)


def test_a_table_that_was_empty_is_filled(course: SmallCourse) -> None:
    (course.root / "README.md").write_text("<!-- steps -->\n<!-- /steps -->\n")
    assert "| [01 · Greeting](steps/01-greeting) |" in readme(course)


def test_a_readme_without_a_place_for_the_table_is_said(course: SmallCourse) -> None:
    (course.root / "README.md").write_text("# R\n")
    with pytest.raises(CourseError, match="README.md has no place") as caught:
        overview.generated(course.chain)
    assert "<!-- steps -->" in caught.value.remedy


def test_a_readme_that_is_not_utf8_is_said(course: SmallCourse) -> None:
    (course.root / "README.md").write_bytes(b"caf\xe9")
    with pytest.raises(CourseError, match="README.md: is not UTF-8"):
        overview.generated(course.chain)
