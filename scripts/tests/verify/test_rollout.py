"""The step before on the schema of a step: while a version is deployed, both run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, passes, ran

from course.catalogue import parse
from course.errors import CourseError

TESTS = "python -m unittest discover --verbose --start-directory tests -t ."
# What the version before does with the database, on the tables that the migrations make.
WRITES = """import sqlite3
import subprocess
import sys
import unittest


class Rows(unittest.TestCase):
    def setUp(self):
        subprocess.run([sys.executable, "migrate.py"], check=True)

    def test_are_written(self):
        database = sqlite3.connect("notes.sqlite3")
        done = database.execute("INSERT INTO note (text) VALUES ('bread')")
        self.assertEqual(done.rowcount, 1)
        database.close()

    def test_are_read(self):
        database = sqlite3.connect("notes.sqlite3")
        self.assertEqual(database.execute("SELECT text FROM note").fetchall(), [])
        database.close()
"""
ADDS = "ALTER TABLE note ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;\n"
RENAMES = "ALTER TABLE note RENAME COLUMN text TO body;\n"
TIGHTENS = "DROP TABLE note;\nCREATE TABLE note (id INTEGER, text TEXT, stars INTEGER NOT NULL);\n"
WRITTEN = "tests.test_rows.Rows.test_are_written"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """Three steps, of which the third one has a migration over the second one's."""
    course = small_course.make(tmp_path, final=False, only=["migrate", "test"])
    course.write("02-notes", "tests/test_rows.py", WRITES)
    course.set_all(rollout=TESTS, migrations=["migrations/*"])
    return course


def test_code_that_works_on_the_new_tables_passes(course: SmallCourse) -> None:
    found = passes(course)
    assert found["03-stars", "rollout"].facts == {"tests": 4, "breaks": 0}
    # The tables of the second step are its first ones: there was no version before.
    assert ("02-notes", "rollout") not in found


@pytest.mark.parametrize(
    "migration, test, said",
    [
        (RENAMES, "tests.test_rows.Rows.test_are_read", "no such column: text) and"),
        (TIGHTENS, WRITTEN, "NOT NULL constraint failed: note.stars)"),
    ],
)
def test_code_that_breaks_on_the_new_tables_is_found(
    course: SmallCourse, migration: str, test: str, said: str
) -> None:
    course.write("03-stars", "migrations/002.sql", migration)
    found = fault(course)
    assert (found.link, found.check) == ("03-stars", "rollout")
    begins = f"steps/02-notes does not work on the schema of steps/03-stars: {test} fails"
    assert found.message.startswith(begins)
    assert said.removesuffix(" and") in found.message
    assert (" and 1 more (" in found.message) is said.endswith("and")
    assert "add first, and remove or tighten one step later" in found.message


def test_what_rightly_breaks_is_named_with_its_reason(course: SmallCourse) -> None:
    course.write("03-stars", "migrations/002.sql", TIGHTENS)
    course.set("03-stars", breaks={"tests.test_rows.*written": "nobody writes at that hour"})
    found = passes(course)["03-stars", "rollout"]
    assert found.notes == (
        "tests.test_rows.*written rightly fails on the new schema: nobody writes at that hour",
    )


def test_a_test_that_no_longer_breaks_must_not_be_named(course: SmallCourse) -> None:
    course.set("03-stars", breaks={WRITTEN: "it did"})
    found = fault(course, "03-stars")
    assert found.check == "rollout"
    assert f"the catalogue says that {WRITTEN} fails" in found.message
    assert "take it out of `breaks`" in found.message


def test_a_reason_is_asked_for(course: SmallCourse) -> None:
    course.set("03-stars", breaks={WRITTEN: " "})
    text = (course.root / "steps/course.toml").read_text()
    with pytest.raises(CourseError, match=r"breaks\.tests.+ has no reason"):
        parse(text, "course.toml")


def test_tests_that_the_migrations_keep_from_running_are_a_fault(course: SmallCourse) -> None:
    course.write("02-notes", "migrations/__init__.py", "")
    course.write("02-notes", "migrations/helper.py", "")
    course.write("02-notes", "tests/test_new.py", "import unittest\n\nimport migrations.helper\n")
    course.write("03-stars", "migrations/002.sql", ADDS)
    found = fault(course, "03-stars")
    assert found.check == "rollout"
    assert "test_new fails" in found.message


def test_a_command_that_runs_no_test_or_ends_without_reason_is_a_fault(
    course: SmallCourse,
) -> None:
    course.set("03-stars", rollout="python -c 'raise SystemExit(3)'")
    found = fault(course, "03-stars")
    assert found.check == "rollout" and "ended with code 3" in found.message
    course.set("03-stars", rollout="python -c pass")
    assert "no test ran" in fault(course, "03-stars").message
    run = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'unittest', '-v'])\n"
        "sys.exit(4)\n"
    )
    course.write("02-notes", "run.py", run)
    course.set("03-stars", rollout="python run.py")
    assert "ended with code 4" in fault(course, "03-stars").message


def test_it_is_run_only_where_the_migrations_differ(course: SmallCourse) -> None:
    course.delete("03-stars", "migrations/002.sql")
    assert ("03-stars", "rollout") not in passes(course)


def test_a_database_of_another_engine_is_no_new_schema(course: SmallCourse) -> None:
    dump = "python -c \"import sys; open(sys.argv[1], 'w').write('[1]')\" {dump}"
    course.set("03-stars", dump=dump, load="python -c pass {dump}")
    assert ("03-stars", "rollout") not in passes(course)


def test_a_pass_is_remembered_until_code_or_migrations_change(course: SmallCourse) -> None:
    check = ("03-stars", "rollout")
    assert check in ran(course.verify())
    assert check not in ran(course.verify())
    course.edit("02-notes", "notes.py", "Notes in", "Notes kept in")
    assert check in ran(course.verify())
