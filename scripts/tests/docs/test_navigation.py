"""The navigation for pages that do not be there yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.docs import navigation
from course.errors import CourseError
from tests.docs import site_course

BEFORE = "site_name: x\n# nav: begin\nold\n# nav: end\nplugins: []\n"


def test_pages_may_be_given_in_any_order(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    lie = ["contributors/index.md", "steps/second.md", "steps/first.md", "index.md", "z.md"]
    made = navigation.entries(course.site.chain, [*lie, "contributors/a.md", "a.md"])
    assert made == [
        "index.md",
        {"1 · All of it": ["steps/first.md", "steps/second.md"]},
        {"For contributors": ["contributors/index.md", "contributors/a.md"]},
        "a.md",
        "z.md",
    ]


def test_only_what_lies_between_the_marks_is_replaced(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    made = navigation.replaced(course.site.chain, BEFORE, ["index.md"])
    assert made == (
        "site_name: x\n# nav: begin (written by `course docs nav` from the catalogue)\nnav:\n"
        "  - index.md\n# nav: end\nplugins: []\n"
    )


@pytest.mark.parametrize("text", ["", "# nav: begin\n", "# nav: end\n# nav: begin\n"])
def test_without_both_marks_in_order_there_is_no_place(tmp_path: Path, text: str) -> None:
    assert navigation.place(text) is None
    course = site_course.make(tmp_path / "course")
    with pytest.raises(CourseError, match="has no lines"):
        navigation.replaced(course.site.chain, text)
