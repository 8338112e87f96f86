"""Pages and pictures of steps with backing services: each has a room, which goes with it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.site_course import SiteCourse
from tests.services.helpers import means, needs_servers, own_servers, redis_command, sql

from course import processes
from course.docs import chromium
from course.docs.consoles.check import Results
from course.docs.pictures import catalogue as pictures, screenshots, step_server
from course.errors import CourseError
from course.services import redis
from course.workspace import Workspace

pytestmark = needs_servers

TOLD = """
[services.postgres]
variables = { DATABASE_URL = "{url}" }

[services.redis]
variables = { CACHE_URL = "{url}" }

[[part]]
"""
# Each run of the tests leaves a row, and a key, and says of which database.
TEST = """import os
import pathlib
import unittest

import means


class Rows(unittest.TestCase):
    def test_rows(self):
        means.sql("CREATE TABLE IF NOT EXISTS note (text text)", "INSERT INTO note VALUES ('a')")
        means.redis("INCR", "count")
        with pathlib.Path(TOLD).open("a") as told:
            print(os.environ["DATABASE_URL"], file=told)
"""
ROWS = "import means\nprint(means.sql('SELECT count(*) FROM note'), means.redis('INCR', 'count'))\n"
SERVER = """import http.server
import sys

import means


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/crash":
            means.crash()
        body = f"<p>{means.sql('SELECT count(*) FROM note')}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)


http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""
MIGRATE = 'install = []\nmigrate = "python -m unittest -q test_rows"\n'
BLOCK = """```console
$ make test
…
OK
$ python rows.py
1 :2
```
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    yield
    processes.resume()


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The file into which the tests of a step write which database they had."""
    return tmp_path / "told"


@pytest.fixture
def course(course: SiteCourse, told: Path) -> SiteCourse:
    """A course whose steps have both services."""
    course.replace("steps/course.toml", "\n[[part]]\n", TOLD)
    for slug, folder in (("first", "01-first"), ("second", "02-second")):
        services = f'slug = "{slug}"\nservices = ["postgres", "redis"]'
        course.replace("steps/course.toml", f'slug = "{slug}"', services)
        for name, text in (
            ("means.py", means()),
            ("test_rows.py", TEST.replace("TOLD", repr(str(told)))),
            ("rows.py", ROWS),
            ("server.py", SERVER),
            ("Makefile", "test:\n\tpython -m unittest test_rows\n"),
        ):
            course.write(f"steps/{folder}/{name}", text)
    return course


def ran(course: SiteCourse, text: str = BLOCK, name: str = "try") -> Results:
    """Return what becomes of the blocks of a page, and of those of the pages before."""
    course.page(f"{name}.md", f"---\nstep: second\n---\n# Try\n\n{text}\n")
    return course.run_consoles()


# -- console blocks


def test_each_page_and_each_step_on_it_have_a_room_that_goes(
    course: SiteCourse, told: Path
) -> None:
    before = own_servers()
    course.page("one.md", f"---\nstep: second\n---\n# One\n\n{BLOCK}\n")
    other = BLOCK.replace("```console", '```console step="first"')
    results = ran(course, f"{BLOCK}\n{other}\n")
    assert (results.faults, results.run) == ([], 3)
    # Of two pages, one with two steps, no two met.
    assert len(set(told.read_text().split())) == 3
    assert own_servers() == before


def test_what_a_configuration_needs_before_is_in_the_same_room(course: SiteCourse) -> None:
    course.replace("steps/course.toml", "install = []\n", MIGRATE)
    course.page(
        "try.md",
        "---\nstep: second\nbefore-console: migrate\n---\n# Try\n\n"
        "```console\n$ python rows.py\n1 :2\n```\n",
    )
    assert course.run_consoles().faults == []


def test_blocks_are_run_again_with_another_server_or_another_variable(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(course).remembered == 0
    assert course.run_consoles().remembered == 1
    version = redis.version()
    monkeypatch.setattr(redis, "version", lambda: f"{version}.1")
    assert course.run_consoles().remembered == 0
    course.replace("steps/course.toml", "{ CACHE_URL", '{ OTHER = "{port}", CACHE_URL')
    assert course.run_consoles().remembered == 0
    assert course.run_consoles().remembered == 1


def test_a_server_that_crashes_under_a_block_is_named_and_not_the_page(course: SiteCourse) -> None:
    text = "```console\n$ python -c 'import means; means.crash()'\n$ python rows.py\n1 :1\n```\n"
    (fault,) = ran(course, text).faults
    assert fault.problem.startswith("redis, started for this run alone, ended with code -9")
    assert fault.remedy == "This says nothing of the page. Try again: course docs check"
    assert fault.place == "docs/try.md"


def test_blocks_that_need_what_this_machine_lacks_are_named(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "unavailable", lambda: "no wheel")
    results = ran(course)
    assert (results.faults, results.run) == ([], 0)
    assert [one.reason for one in results.not_run] == ["redis cannot run here: no wheel"]


# -- pictures


@pytest.fixture
def pictured(course: SiteCourse) -> SiteCourse:
    """The course with a picture of each step, whose servers count rows."""
    course.replace("steps/course.toml", "install = []\n", MIGRATE)
    listed = [f'[[picture]]\nname = "{step}"\nstep = "{step}"\n' for step in ("first", "second")]
    course.write(pictures.LIST, "\n".join(listed))
    return course


def test_each_server_of_a_picture_has_a_database_that_goes_with_it(
    pictured: SiteCourse, told: Path
) -> None:
    before = own_servers()
    site = pictured.site
    with Workspace() as workspace:
        for name in ("first", "second", "second"):
            with step_server.served(site, site.chain.find(name), workspace) as base:
                with urllib.request.urlopen(base) as answer:
                    assert answer.read() == b"<p>1</p>"
                [room] = workspace._rooms.values()
                assert redis_command(room.variables["CACHE_URL"], "GET", "count") == "1"
            assert workspace._rooms == {}
        # The server itself goes on to the next picture.
        server = workspace._servers._running["postgres"].running
        assert "room" not in sql(server.url, "SELECT datname FROM pg_database")
    assert len(set(told.read_text().split())) == 3
    assert own_servers() == before


def test_a_server_that_crashes_under_a_picture_is_named(pictured: SiteCourse) -> None:
    listed = '[[picture]]\nname = "second"\nstep = "second"\nurl = "/crash"\n'
    pictured.write(pictures.LIST, listed)
    pictured.write("steps/02-second/server.py", SERVER.replace("means.sql", "means.redis"))
    site = pictured.site
    with pytest.raises(CourseError) as caught:
        screenshots.update(site, [site.chain.find("second")], check=True)
    assert "redis, started for this run alone, ended with code -9" in caught.value.problem
    assert "This says nothing of the pictures" in caught.value.remedy


def test_pictures_that_need_what_this_machine_lacks_are_named_and_the_others_looked_at(
    pictured: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictured.replace(
        "steps/course.toml", 'slug = "first"\nservices = ["postgres", "redis"]', 'slug = "first"'
    )
    pictured.replace("steps/course.toml", MIGRATE, "install = []\n")
    pictured.write("steps/01-first/server.py", SERVER.replace("means.sql", "str"))
    monkeypatch.setattr(redis, "unavailable", lambda: "no wheel")
    monkeypatch.setattr(chromium, "find", lambda: "")
    outcome = screenshots.update(pictured.site, [], check=True)
    assert outcome.unchecked == {"second": "redis cannot run on this machine: no wheel"}
    assert outcome.stale == ["first"]
