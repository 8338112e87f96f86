"""The site is served beside a step by a process of its own, which ends with the tool."""

from __future__ import annotations

import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from tests.docs import site_course
from tests.docs.site_course import SiteCourse

from course import processes
from course.chain import Chain
from course.errors import CourseError
from course.repository import Repository
from course.serve.site_process import Site

_PAGES = ('title = "Made up"\n', 'title = "Made up"\npages = "docs/steps"\n')


@pytest.fixture
def course(tmp_path: Path) -> SiteCourse:
    made = site_course.make(tmp_path / "course")
    catalogue = made.root / "steps/course.toml"
    catalogue.write_text(catalogue.read_text().replace(*_PAGES, 1))
    return made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held
    assert not processes._living


def chain(course: SiteCourse) -> Chain:
    return Chain(Repository(course.root))


def test_two_that_begin_at_the_same_moment_have_a_port_each(
    course: SiteCourse, stack: ExitStack
) -> None:
    first = Site.begin(chain(course), stack, lambda _: None)
    # The first one builds still, and nothing listens yet.
    second = Site.begin(chain(course), stack, lambda _: None)
    assert first is not None and second is not None and first.url != second.url
    second.await_answer()
    first.await_answer()
    first.still_there()


def test_the_site_answers_and_shows_what_it_says(course: SiteCourse, stack: ExitStack) -> None:
    shown: list[str] = []
    site = Site.begin(chain(course), stack, shown.append)
    assert site is not None
    site.await_answer()
    site.still_there()
    with urllib.request.urlopen(site.url + "index.html", timeout=10) as answer:
        assert answer.status == 200
    page = course.root / "docs/steps/second.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    deadline = time.monotonic() + 30
    while not any("steps/second.md" in line for line in shown) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any("steps/second.md" in line for line in shown)
    assert site.url not in shown


def test_two_sites_take_two_ports(course: SiteCourse, stack: ExitStack) -> None:
    sites = []
    for _ in range(2):
        site = Site.begin(chain(course), stack, lambda line: None)
        assert site is not None
        site.await_answer()
        sites.append(site.url)
    assert len(set(sites)) == 2


def test_a_course_without_pages_has_no_site(course: SiteCourse, stack: ExitStack) -> None:
    catalogue = course.root / "steps/course.toml"
    catalogue.write_text(catalogue.read_text().replace('pages = "docs/steps"\n', ""))
    assert Site.begin(chain(course), stack, print) is None


def test_a_site_that_cannot_be_built_is_an_error_with_its_log(
    course: SiteCourse, stack: ExitStack
) -> None:
    (course.root / "mkdocs.yml").write_text("theme: [")
    site = Site.begin(chain(course), stack, lambda line: None)
    assert site is not None
    with pytest.raises(CourseError, match="The site: the server ended with code 1") as caught:
        site.await_answer()
    assert str(site.log) in caught.value.remedy


def test_a_site_that_ends_by_itself_is_noticed(course: SiteCourse, stack: ExitStack) -> None:
    site = Site.begin(chain(course), stack, lambda line: None)
    assert site is not None
    site.await_answer()
    psutil.Process(site.child.pid).kill()
    site.child.wait(10)
    with pytest.raises(CourseError, match="The server of the site ended"):
        site.still_there()
    assert os.path.exists(site.log)
