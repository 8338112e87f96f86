"""Steps with backing services: each check has a room of its own, and nothing stays."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests import small_course
from tests.services.helpers import means, needs_servers, servers
from tests.small_course import SmallCourse
from tests.verify.helpers import is_alive, left_in, ran, states, wait_for

from course.services import private_servers, redis
from course.verify import data_transfer
from course.verify.inputs import Inputs
from course.verify.outcome import FAILED, NOT_RUN, PASSED, Outcome
from course.verify.workbench import Bench
from course.workspace import Workspace

pytestmark = [
    needs_servers,
    pytest.mark.skipif(os.name == "nt", reason="there are no such servers"),
]

MEETING = """import os
import pathlib
import time
import unittest

import means


class Meeting(unittest.TestCase):
    def test_nobody_else_is_there(self):
        means.sql("CREATE TABLE note (text text)", "INSERT INTO note VALUES ('mine')")
        means.redis("INCR", "count")
        folder = pathlib.Path(TOLD)
        (folder / pathlib.Path.cwd().parent.name).write_text(os.environ["DATABASE_URL"])
        while len(list(folder.iterdir())) < 2:
            time.sleep(0.01)
        self.assertEqual(means.sql("SELECT count(*) FROM note"), "1")
        self.assertEqual(means.redis("GET", "count"), "$1")
        self.assertEqual(means.redis("INCR", "count"), ":2")
"""

SLOW = """import os
import pathlib
import time
import unittest

import means


class Slow(unittest.TestCase):
    def test_slow(self):
        means.sql("CREATE TABLE note (text text)")
        told = pathlib.Path(TOLD)
        told.with_suffix(".new").write_text(str(os.getpid()))
        told.with_suffix(".new").rename(told)
        time.sleep(600)
"""


def served(folder: Path, steps: int, only: list[str]) -> SmallCourse:
    """A course whose steps all have both services."""
    course = small_course.make(folder, steps=steps, final=False, only=only)
    course.tables["services"] = {
        "postgres": {"variables": {"DATABASE_URL": "{url}"}},
        "redis": {"variables": {"CACHE_URL": "{url}"}},
    }
    for step in course.tables["step"]:
        step["services"] = ["postgres", "redis"]
    course.save()
    for link in list(small_course.FILES)[:steps]:
        course.write(link, "means.py", means())
    return course


def processes_of(folder: str) -> list[int]:
    """The processes that have a folder in their command line."""
    words = ["pgrep", "-f", "--", folder]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return [int(word) for word in done.stdout.split()]


def test_two_checks_at_once_do_not_meet(tmp_path: Path) -> None:
    course = served(tmp_path, 2, ["test"])
    told = tmp_path / "told"
    told.mkdir()
    for link in ("01-greeting", "02-notes"):
        text = MEETING.replace("TOLD", repr(str(told)))
        course.write(link, "tests/test_meeting.py", text)
    course.set("02-notes", proof="python -c 'import notes'")
    outcomes = course.verify(jobs=2)
    found = states(outcomes)
    assert found[("01-greeting", "test")] == PASSED, outcomes
    assert found[("02-notes", "test")] == PASSED, outcomes
    addresses = [file.read_text() for file in told.iterdir()]
    assert len(set(addresses)) == 2
    # Another run of the tool may have servers at the same time.
    assert not [folder for folder in servers() if f"-{os.getpid()}-" in folder]


def test_a_new_version_of_a_service_and_another_variable_are_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = served(tmp_path, 1, ["check"])
    asks = "import means\nassert means.redis('PING') == '+PONG'\n"
    course.write("01-greeting", "check.py", asks)
    course.set("01-greeting", services=["redis"])
    checked = ("01-greeting", "check")
    assert checked in ran(course.verify())
    assert checked not in ran(course.verify())
    version = redis.version
    monkeypatch.setattr(redis, "version", lambda: f"{version()}.1")
    assert checked in ran(course.verify())
    course.tables["services"]["redis"]["variables"]["OTHER"] = "{port}"
    course.save()
    assert checked in ran(course.verify())


def test_a_server_that_crashes_is_named_and_not_the_step(tmp_path: Path) -> None:
    course = served(tmp_path, 1, ["check"])
    course.write("01-greeting", "check.py", "import means\nmeans.crash()\n")
    [outcome] = [one for one in course.verify() if one.check == "check"]
    assert outcome.state == FAILED
    assert outcome.message.startswith("redis, started for this run alone, ended with code -9")
    assert "this says nothing of the step" in outcome.message
    assert "try it again, alone (course verify 01)" in outcome.message
    assert "\n" not in outcome.message
    assert outcome.log and "Ready to accept connections" in outcome.log.read_text()


def test_what_this_machine_lacks_is_named_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = served(tmp_path, 1, ["check", "serve", "migrate"])
    monkeypatch.setattr(redis, "unavailable", lambda: "no wheel; type `make setup`")
    outcomes = {outcome.check: outcome for outcome in course.verify()}
    assert outcomes["install"].state == PASSED
    assert outcomes["check"].state == outcomes["serve"].state == NOT_RUN
    for name in ("check", "serve"):
        said = outcomes[name].message
        assert said.startswith("redis cannot run on this machine: no wheel; type `make setup`")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_server(tmp_path: Path, temporary: Path, number: int) -> None:
    course = served(tmp_path, 1, ["test"])
    told = tmp_path / "told"
    slow = SLOW.replace("TOLD", repr(str(told)))
    course.write("01-greeting", "tests/test_slow.py", slow)
    program = subprocess.Popen(
        course.command("verify", "--jobs", "1"),
        cwd=course.root,
        env=course.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_for(lambda: told.exists() or program.poll() is not None, 120)
    [folder] = [folder for folder in servers() if f"-{program.pid}-" in folder]
    running = processes_of(folder)
    assert len(running) >= 2, "Postgres and the Redis-protocol server"
    program.send_signal(number)
    program.communicate(timeout=60)
    wait_for(lambda: not [pid for pid in running if is_alive(pid)], 30)
    if number == signal.SIGKILL:
        # What the guard ended is swept by the next run, whatever that does.
        assert course.run("verify", "01", "--matrix").returncode == 0
        course.delete("01-greeting", "tests/test_slow.py")
        course.set("01-greeting", services=[])
        assert course.run("verify").returncode == 0
    assert folder not in servers()
    assert left_in(temporary) == []


UPGRADED = """import pathlib
import sys

import means

verb, *path = sys.argv[1:]
if verb == "migrate":
    means.sql("CREATE TABLE IF NOT EXISTS note (id serial PRIMARY KEY, text text NOT NULL)")
elif verb == "demo":
    means.sql("INSERT INTO note (text) VALUES ('cheese')")
elif verb == "load":
    for line in pathlib.Path(path[0]).read_text().splitlines():
        means.sql(f"INSERT INTO note (text) VALUES ('{line}')")
"""
DUMP = """import os
import pathlib
import sqlite3
import sys

if pathlib.Path("notes.sqlite3").exists():
    rows = [row[0] for row in sqlite3.connect("notes.sqlite3").execute("SELECT text FROM note")]
else:
    import means

    rows = means.sql("SELECT text FROM note").splitlines()
pathlib.Path(sys.argv[1]).write_text("\\n".join(rows))
"""


def changing_engine(folder: Path) -> SmallCourse:
    """Notes in SQLite, and in Postgres one step later."""
    course = served(folder, 3, ["migrate", "demo"])
    for step in course.tables["step"][:2]:
        del step["services"]
    course.write("03-stars", "notes_in_postgres.py", UPGRADED)
    for link in ("02-notes", "03-stars"):
        course.write(link, "dump.py", DUMP)
    course.set(
        "03-stars",
        services=["postgres"],
        database="",
        migrate="python notes_in_postgres.py migrate",
        demo="python notes_in_postgres.py demo",
        dump="python dump.py {dump}",
        load="python notes_in_postgres.py load {dump}",
    )
    return course


def upgraded(course: SmallCourse) -> Outcome:
    """Verify the last step, and return what came of its upgrade."""
    [found] = [o for o in course.verify("03-stars") if (o.link, o.check) == ("03-stars", "upgrade")]
    return found


def test_rows_are_carried_to_another_engine_and_compared(tmp_path: Path) -> None:
    course = changing_engine(tmp_path)
    outcome = upgraded(course)
    assert outcome.state == PASSED, outcome
    assert outcome.notes == ("1 rows carried over, and equal",)
    course.edit("03-stars", "notes_in_postgres.py", "VALUES ('{line}')", "VALUES ('{line[1:]}')")
    outcome = upgraded(course)
    assert outcome.state == FAILED
    assert outcome.message == (
        "the rows of steps/02-notes are not the same after `load` (1 missing, 1 new of 1);"
        " the first that is missing: bread"
    )


def test_a_change_of_engine_without_a_way_for_the_rows_is_a_fault(tmp_path: Path) -> None:
    course = changing_engine(tmp_path)
    course.set("03-stars", dump=[])
    outcome = upgraded(course)
    assert outcome.message == "the catalogue has no command to `dump`; add it to the step"
    course.set("03-stars", load=[])
    outcome = upgraded(course)
    assert outcome.message == (
        "the database of steps/02-notes is notes.sqlite3, and that of steps/03-stars in a service:"
        " the catalogue must say how its rows are carried over; add commands to `dump` and `load`"
        " to the step"
    )
    course.set("03-stars", dump="python -c pass", load="python -c pass")
    assert upgraded(course).message.startswith("`python -c pass` wrote no file")
    silent = "python -c 'import sys; open(sys.argv[1], chr(119)).close()' {dump}"
    course.set("03-stars", dump=silent)
    assert upgraded(course).message.startswith("`dump` wrote no row of steps/02-notes")


def test_rows_are_compared_one_by_one(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_text('[{"a": 1, "b": 2}, {"b": 2, "a": 1}]', "utf-8")
    assert data_transfer._rows(dump) == {'{"a": 1, "b": 2}': 2}
    dump.write_text('["1:02:03.000Z", "1:02:03Z", "1:02:03.000+01:00", "1.000Z"]', "utf-8")
    assert data_transfer._rows(dump) == {'"1:02:03Z"': 2, '"1:02:03+01:00"': 1, '"1.000Z"': 1}
    dump.write_text('{"a": 1}\n\n{"a": 2}\n', "utf-8")
    assert sorted(data_transfer._rows(dump)) == ['{"a": 1}', '{"a": 2}']


def test_the_same_engine_is_upgraded_where_its_rows_are(tmp_path: Path) -> None:
    course = changing_engine(tmp_path)
    course.write("02-notes", "notes_in_postgres.py", UPGRADED)
    course.edit(
        "03-stars",
        "notes_in_postgres.py",
        'text text NOT NULL)")',
        'text text NOT NULL)", "ALTER TABLE note ADD COLUMN stars integer NOT NULL")',
    )
    course.edit(
        "03-stars", "notes_in_postgres.py", "(text) VALUES ('ch", "(text, stars) VALUES ('ch"
    )
    course.edit("03-stars", "notes_in_postgres.py", "('cheese')", "('cheese', 1)")
    course.set(
        "02-notes",
        services=["postgres"],
        database="",
        migrate="python notes_in_postgres.py migrate",
        demo="python notes_in_postgres.py demo",
    )
    course.set("03-stars", dump=[], load=[])
    outcome = upgraded(course)
    assert outcome.state == FAILED
    assert 'column "stars" of relation "note" contains null values' in outcome.message
    course.edit("03-stars", "notes_in_postgres.py", "integer NOT NULL", "integer DEFAULT 0")
    assert upgraded(course).state == PASSED


def test_linters_share_one_room_and_other_copies_have_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = served(tmp_path, 1, ["lint"])
    course.set("01-greeting", lint=["python -c pass", "python -c 1"])
    course.set("01-greeting", services=["redis"])
    opened: list[private_servers.Room] = []
    real = private_servers.Servers.open

    def opens(self: private_servers.Servers, *words: Any) -> private_servers.Room:
        opened.append(real(self, *words))
        return opened[-1]

    monkeypatch.setattr(private_servers.Servers, "open", opens)
    assert states(course.verify())[("01-greeting", "lint")] == PASSED
    chain = course.chain
    with Workspace() as space:
        bench = Bench(Inputs(chain, chain.find("01")), space)
        one = bench.place()
        like, other = bench.place(like=one), bench.place()
        told = [place.variables()["CACHE_URL"] for place in (one, like, other)]
    assert told[0] == told[1] != told[2]
    # One for the linters, and two here: what has no command, such as an installation, has none.
    assert len(opened) == 3
