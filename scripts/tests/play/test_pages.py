"""Each step's page says how to begin the step and how to check it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs import site_course
from tests.docs.site_course import SiteCourse


@pytest.fixture
def course(tmp_path: Path) -> SiteCourse:
    return site_course.make(tmp_path / "course")


def test_a_page_begins_with_how_to_begin_and_ends_with_how_to_check(course: SiteCourse) -> None:
    course.page("getting-started.md", "# Getting started\n\n## Work along\n\nSo.\n")
    course.page("other.md", "# Another page\n")
    assert course.build() == []
    first, second = course.built("steps/first.html"), course.built("steps/second.html")
    assert "<code>course play nothing</code>" in first
    assert "<code>course play first</code>" in second
    for html in (first, second):
        assert '<a href="../getting-started.html#work-along">How?</a>' in html
        assert html.count("<code>course check</code>") == 2
        assert html.rstrip().endswith("</p></aside></body></html>")
    assert "course play" not in course.built("other.html")


def test_without_that_page_nothing_leads_to_it(course: SiteCourse) -> None:
    assert course.build() == []
    assert "getting-started" not in course.built("steps/first.html")
