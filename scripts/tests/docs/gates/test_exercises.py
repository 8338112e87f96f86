"""An exercise without an answer is a fault of its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.site_course import SECOND_PAGE, SiteCourse

from course.docs import pages
from course.docs.checked import Checked
from course.docs.gates import exercises
from course.docs.site import Site
from course.repository import Repository

ROOT = Path(__file__).parents[4]
ANSWER = '\n    ??? success "Answer"\n        It does.\n'
HINT = '\n    ??? question "A hint"\n        Try it.\n'


def said(course: SiteCourse, text: str) -> list[str]:
    """Return what the check says of the exercises of a page."""
    course.page("steps/second.md", SECOND_PAGE + text)
    return [fault for fault in course.faults() if "exercise" in fault]


def test_an_exercise_with_an_answer_passes(course: SiteCourse) -> None:
    text = f"\n## Exercises\n\n1. Does it?\n{HINT}{ANSWER}\n2. Once more?\n{ANSWER}\n"
    text += "## End\n\n1. No.\n"
    assert said(course, text) == []


@pytest.mark.parametrize("below", ["", HINT, '\n    ??? success "Answer"\n', ANSWER.lstrip("\n ")])
def test_an_exercise_without_an_answer_is_named_with_its_line(
    course: SiteCourse, below: str
) -> None:
    text = f"\n## Exercises\n\n1. Does it?\n{ANSWER}\n2. Once more?\n{below}\n"
    (fault,) = said(course, text)
    line = (SECOND_PAGE + text).split("\n").index("2. Once more?") + 1
    assert fault.startswith(f"docs/steps/second.md:{line}: exercise 2 has no answer.")
    assert '??? success "Answer"' in fault


def test_a_heading_in_code_does_not_end_the_exercises(course: SiteCourse) -> None:
    text = "\n## Exercises\n\n```text\n# no heading\n```\n\n### Harder\n\n1. Does it?\n"
    assert len(said(course, text)) == 1


def test_every_exercise_of_the_course_has_an_answer() -> None:
    site = Site.of(Repository(ROOT))
    checked = Checked(site, {page.uri: page for page in pages.every(ROOT)}, {}, ROOT)
    assert [str(fault) for fault in exercises.check(checked)] == []
