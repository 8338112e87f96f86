"""A course with a site for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs import site_course
from tests.docs.site_course import SiteCourse


@pytest.fixture
def course(tmp_path: Path) -> SiteCourse:
    """A course whose site is true."""
    return site_course.make(tmp_path / "course")
