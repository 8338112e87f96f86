"""What is served, and the playground, with backing services."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import small_course
from tests.services.helpers import clean, needs_servers, sql
from tests.small_course import SmallCourse

from course import processes, services
from course.play.backing_services import learners_room
from course.serve.step_server import Stage
from course.services import postgres

pytestmark = needs_servers

# A step's own means to reach its database: it has no package for it.
MEANS = """import os
import subprocess
import sys

done = subprocess.run(
    [PSQL, "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-d", os.environ["DATABASE_URL"],
     "-c", sys.argv[1]]
)
sys.exit(done.returncode)
"""


@pytest.fixture
def course(tmp_path: Path) -> Iterator[SmallCourse]:
    """One step, whose rows are in Postgres."""
    made = small_course.make(tmp_path, steps=1, final=False, only=["serve"])
    made.tables["services"] = {"postgres": {"variables": {"DATABASE_URL": "{url}"}}}
    programs = postgres._programs()
    assert programs is not None
    made.write("01-greeting", "means.py", MEANS.replace("PSQL", repr(str(programs / "psql"))))
    made.set(
        "01-greeting",
        services=["postgres"],
        migrate='python means.py "CREATE TABLE IF NOT EXISTS note (text text UNIQUE)"',
        demo="python means.py \"INSERT INTO note VALUES ('bread')\"",
    )
    try:
        yield made
    finally:
        for child in list(processes._living.values()):
            processes.end(child)
        processes.resume()
        state = made.repository.state
        clean(state / "services")
        # Where root's Postgres is when pytest's folder is closed to others.
        for folder in (state / "services", state / "run" / "greeting" / "services"):
            home = postgres._home(folder / "postgres")
            shutil.rmtree(home, ignore_errors=True)


def test_a_served_step_keeps_its_rows_in_a_server_of_its_own(course: SmallCourse) -> None:
    chain = course.chain
    stage = Stage(chain, chain.find("01"))
    told: list[str] = []
    with stage.held():
        stage.prepare(told.append)
        room = stage._room
        assert room is not None and room.fresh and stage.trouble() == ""
        url = room.variables["DATABASE_URL"]
        assert sql(url, "SELECT text FROM note") == "bread"
        sql(url, "INSERT INTO note VALUES ('cheese')")
    assert "its services: postgres" in told and "its demo data" in told
    assert stage._servers._running == {} and stage.trouble() == ""
    # A changed file lays the mirror again; the rows stay, and no demo data comes twice.
    course.write("01-greeting", "more.py", "")
    chain = course.chain
    stage = Stage(chain, chain.find("01"))
    told.clear()
    with stage.held():
        stage.prepare(told.append)
        room = stage._room
        assert room is not None and not room.fresh
        assert sql(room.variables["DATABASE_URL"], "SELECT count(*) FROM note") == "2"
        child = stage._servers._running["postgres"].child
        child.kill()
        child.wait()
        assert stage.trouble().startswith("postgres, started for this run alone, ended")
    assert "its demo data" not in told
    # The learner's own were never started.
    assert services.status(state=course.repository.state_folder("services")) == []


def test_rows_that_do_not_take_the_migrations_are_put_aside(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = course.chain
    stage = Stage(chain, chain.find("01"))
    with stage.held():
        stage.prepare(lambda _: None)
    course.set(
        "01-greeting",
        migrate='python means.py "CREATE TABLE note (text text UNIQUE, stars int)"',
    )
    chain = course.chain
    stage = Stage(chain, chain.find("01"))
    with stage.held():
        stage.prepare(lambda _: None)
        room = stage._room
        assert room is not None
        url = room.variables["DATABASE_URL"]
        assert sql(url, "SELECT text FROM note WHERE stars IS NULL") == "bread"
        kept = sql(url, "SELECT datname FROM pg_database WHERE datname LIKE 'course_set_aside%'")
        assert sql(url.rpartition("/")[0] + f"/{kept}", "SELECT text FROM note") == "bread"
    said = " ".join(capsys.readouterr().err.split())
    assert "it is kept beside the new one, as course_set_aside_" in said


def test_the_playground_has_a_database_in_the_learners_own_services(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    course.tables["services"]["redis"] = {"variables": {"CACHE": "{url}", "BROKER": "{url2}"}}
    course.save()
    apart = learners_room(course.chain, ["redis"], "playground").variables
    assert (apart["CACHE"][-2:], apart["BROKER"][-2:]) == ("/0", "/1")
    services.down(["redis"], state=course.repository.state_folder("services"))
    room = learners_room(course.chain, ["postgres"], "playground")
    url = room.variables["DATABASE_URL"]
    assert url.endswith("/playground") and room.fresh and room.aside is None
    assert f"DATABASE_URL={url}" in capsys.readouterr().err.replace("\n", "")
    [running] = services.status(state=course.repository.state_folder("services"))
    assert running.url.rpartition("/")[0] == url.rpartition("/")[0]
    again = learners_room(course.chain, ["postgres"], "playground")
    assert again.variables == room.variables
    assert not again.fresh and again.aside is not None
