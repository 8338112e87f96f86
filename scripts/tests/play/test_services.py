"""Working along where a step needs backing services: `play`, `check`, `solve`, and mistakes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.play.conftest import Learner
from tests.services.helpers import clean, means, needs_servers, own_servers, redis_command, sql
from tests.small_course import SmallCourse

from course import processes, services
from course.docs.checked import Checked
from course.docs.pages import Page
from course.docs.site import Site
from course.errors import CourseError
from course.play.mistake_check import Results
from course.services import postgres, redis
from course.services.private_servers import Missing
from course.site_check import run
from course.verify import checks

pytestmark = needs_servers

ROWS = """import os
import pathlib
import unittest

import means


class Rows(unittest.TestCase):
    def test_rows(self):
        self.assertEqual(means.sql("SELECT text FROM note"), "")
        means.sql("INSERT INTO note VALUES ('of a test')")
        self.assertEqual(means.redis("INCR", "count"), ":1")
        pathlib.Path(TOLD).write_text(os.environ["DATABASE_URL"])
"""
# What the tests of the step need there is made when a copy is checked.
CHECK = """import means

means.sql("CREATE TABLE note (text text)")
"""
MIGRATE = """import means

means.sql("CREATE TABLE IF NOT EXISTS note (text text)")
"""


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The file into which the tests of the step write which database they had."""
    return tmp_path / "told"


@pytest.fixture
def learner(learner: Learner, told: Path) -> Iterator[Learner]:
    """Somebody in a course whose third step moves its rows into Postgres, and counts in Redis."""
    course = learner.course
    course.tables["services"] = {
        "postgres": {"variables": {"DATABASE_URL": "{url}"}},
        "redis": {"variables": {"CACHE_URL": "{url}"}},
    }
    course.set(
        "03-stars",
        services=["postgres", "redis"],
        database="",
        check="python check_rows.py",
        migrate="python migrate_rows.py",
        demo="python -c \"import means; means.sql('INSERT INTO note VALUES (chr(66))')\"",
    )
    course.tables["final"] |= {k: v for k, v in course.step("03-stars").items() if k == "services"}
    for name in ("commands", "settings"):
        course.tables["final"][name] = course.step("03-stars")[name]
    course.save()
    course.write("03-stars", "means.py", means())
    course.write("03-stars", "check_rows.py", CHECK)
    course.write("03-stars", "migrate_rows.py", MIGRATE)
    course.write("03-stars", "tests/test_rows.py", ROWS.replace("TOLD", repr(str(told))))
    course.renew_copy()
    course.commit("Services")
    state = course.repository.state / "services"
    try:
        yield learner
    finally:
        processes.resume()
        clean(state)
        shutil.rmtree(postgres._home(state / "postgres"), ignore_errors=True)


def learners_own(course: SmallCourse) -> list[str]:
    """The learner's own services that run."""
    state = course.repository.state_folder("services")
    return [running.name for running in services.status(state=state)]


# -- check


def test_check_has_servers_of_its_own_for_the_step_that_brings_them(
    learner: Learner, told: Path
) -> None:
    before = own_servers()
    learner.type("play", "2")
    assert learners_own(learner.course) == []
    learner.type("solve")
    assert "03-stars is done: all of its 4 tests pass." in learner.type("check")
    first = told.read_text()
    # Again, in a room that is as empty as the first.
    learner.type("play", "2")
    learner.type("solve")
    learner.type("check")
    assert told.read_text() != first
    assert learners_own(learner.course) == []
    assert own_servers() == before


def test_a_mistake_in_a_step_with_services_is_named(learner: Learner) -> None:
    learner.type("play", "2")
    learner.type("solve")
    learner.edit("notes.py", '"*" * stars', '"+" * stars')
    said = learner.type("check", code=1)
    assert "notes.py, line" in said and "'Bread ++'" in said


def test_a_server_that_crashes_is_not_the_learners_mistake(learner: Learner) -> None:
    learner.course.edit("03-stars", "tests/test_rows.py", "means.redis(", "means.crash() or str(")
    learner.type("play", "2")
    learner.type("solve")
    with pytest.raises(CourseError) as caught:
        learner.type("check")
    said = "redis, started for this run alone, ended with code -9 meanwhile"
    assert caught.value.problem.startswith(said)
    assert caught.value.remedy == "This says nothing of your work. Try again: course check"


def test_a_server_that_this_machine_lacks_is_said(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.type("play", "2")
    learner.type("solve")
    before = learner.files()
    monkeypatch.setattr(redis, "unavailable", lambda: "no wheel; type `make setup`")
    with pytest.raises(Missing) as caught:
        learner.type("check")
    said = "redis cannot run on this machine: no wheel; type `make setup`"
    assert caught.value.problem == said and "course doctor" in caught.value.remedy
    assert learner.files() == before


def test_what_proves_a_step_beside_its_tests_has_a_room_of_its_own(
    learner: Learner, told: Path, tmp_path: Path
) -> None:
    beside = tmp_path / "beside"
    writes = f"open({str(beside)!r}, 'w').write(os.environ['DATABASE_URL'])"
    learner.course.write("03-stars", "proof.py", f"import os\n{writes}\n")
    learner.course.set("03-stars", proof="python proof.py")
    learner.type("play", "2")
    learner.type("solve")
    assert "03-stars is done" in learner.type("check")
    assert told.read_text() != beside.read_text()


# -- play


def test_a_playground_that_begins_with_services_has_the_learners_own(learner: Learner) -> None:
    said = learner.type("play", "3")
    assert learners_own(learner.course) == ["postgres", "redis"]
    state = learner.course.repository.state_folder("services")
    url = next(r.url for r in services.status(state=state) if r.name == "postgres")
    own = url.rpartition("/")[0] + "/playground"
    assert f"DATABASE_URL={own}" in said.replace("\n", "")
    assert sql(own, "SELECT text FROM note") == "B"
    # What was there stays, beside the new one.
    sql(own, "INSERT INTO note VALUES ('mine')")
    said = " ".join(learner.type("reset").split())
    kept = said.partition("the database of an earlier playground is kept as ")[2].split()[0]
    assert sql(own, "SELECT text FROM note") == "B"
    assert sql(own.removesuffix("playground") + kept, "SELECT count(*) FROM note") == "2"
    # The tests of a step do not touch it.
    learner.type("play", "2")
    learner.type("solve")
    assert "03-stars is done" in learner.type("check")
    assert sql(own, "SELECT text FROM note") == "B"
    address = next(r.url for r in services.status(state=state) if r.name == "redis")
    assert redis_command(f"{address}/0", "DBSIZE") == ":0"
    assert learners_own(learner.course) == ["postgres", "redis"]
    learner.type("stop")
    assert learners_own(learner.course) == []


def test_what_env_wrote_has_the_addresses_of_the_learners_own_services(learner: Learner) -> None:
    lines = "A=1\\r\\nDATABASE_URL=of an example\\r\\nMY_DATABASE_URL=mine\\n"
    write = f"import pathlib\n\npathlib.Path('.env').write_bytes(b'{lines}')\n"
    learner.course.write("03-stars", "write_env.py", write)
    learner.course.set("03-stars", env="python write_env.py")
    learner.type("play", "3")
    state = learner.course.repository.state_folder("services")
    url = next(r.url for r in services.status(state=state) if r.name == "postgres")
    own = url.rpartition("/")[0] + "/playground"
    written = (learner.root / ".env").read_bytes().decode()
    assert written == f"A=1\r\nDATABASE_URL={own}\r\nMY_DATABASE_URL=mine\n"


def test_what_other_commands_wrote_stays_as_it_is_where_there_is_no_env(learner: Learner) -> None:
    text = "DATABASE_URL=of a migration\n"
    write = f"import pathlib\n\npathlib.Path('rows').write_text({text!r})\n"
    learner.course.write("03-stars", "write_rows.py", write)
    learner.course.set("03-stars", env=[], migrate="python write_rows.py", demo=[])
    learner.type("play", "3")
    assert (learner.root / "rows").read_text() == text


# -- the mistakes of pages

MISTAKE = """# Stars

## What often goes wrong

```mistake
notes.py
-    return titled(text) + "+" * stars
+    return titled(text) + " " + "*" * stars
---
1  notes.py, line 10 (starred)
   test        are shown (tests/test_stars.py)
   expected    'Bread **'
   happened    'Bread++'
   read again  …
```
"""


def made(course: SmallCourse) -> Results:
    """Make the mistake on the page of the step."""
    page = Page("steps/stars.md", MISTAKE)
    return run(Checked(Site.of(course.repository), {page.uri: page}, {}, course.root / "site"), 1)[
        1
    ]


def test_a_mistake_is_made_with_services_and_again_with_others(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = learner.course
    before = own_servers()
    results = made(course)
    assert (results.faults, results.untrue, results.made, results.remembered) == ([], [], 1, 0)
    assert made(course).remembered == 1
    course.tables["services"]["redis"]["variables"]["OTHER"] = "{port}"
    course.save()
    assert made(course).remembered == 0
    version = redis.version()
    monkeypatch.setattr(redis, "version", lambda: f"{version}.1")
    assert made(course).remembered == 0
    assert own_servers() == before


def test_a_mistake_that_this_machine_cannot_make_is_counted(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "unavailable", lambda: "no wheel")
    results = made(learner.course)
    assert (results.faults, results.made) == ([], 0)
    [one] = results.not_run
    assert (one.place, one.line) == ("docs/steps/stars.md", 5)
    assert one.reason == "redis cannot run on this machine: no wheel"


def test_a_server_that_crashes_is_not_the_pages_fault(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = checks.run_tests

    def crashing(command: Any, place: Any, *words: Any) -> Any:
        found = real(command, place, *words)
        child = place.space._servers._running["redis"].child
        child.kill()
        child.wait()
        return found

    monkeypatch.setattr("course.play.next_step_tests.run_tests", crashing)
    [fault] = made(learner.course).faults
    assert fault.problem.startswith("redis, started for this run alone, ended with code -9")
