"""`run playground` serves the learner's files, with a database that follows them."""

from __future__ import annotations

import sqlite3
import urllib.request
from collections.abc import Callable
from contextlib import closing

import pytest
from tests.play.conftest import Learner

from course import processes
from course.errors import CourseError
from course.play.folder import Playground
from course.play.serving import PlaygroundStage


def nothing(said: str) -> None:
    """Ignore what is told."""


def stage(learner: Learner) -> PlaygroundStage:
    return PlaygroundStage(Playground.find(learner.course.chain))


def prepared(learner: Learner) -> PlaygroundStage:
    made = stage(learner)
    with made.held():
        made.prepare(nothing)
    return made


def notes(made: PlaygroundStage, column: str = "text") -> list[str]:
    with closing(sqlite3.connect(made.mirror / "notes.sqlite3")) as database:
        return [str(row[0]) for row in database.execute(f"SELECT {column} FROM note")]


def served(made: PlaygroundStage, tell: Callable[[str], None] = nothing) -> str:
    """Start the playground, and return what its first page says."""
    with made.held():
        running = made.serve(made.prepare(tell), None, nothing)
        try:
            with urllib.request.urlopen(running.url) as answer:
                return str(answer.read().decode())
        finally:
            processes.end(running.child)


def test_the_learners_files_are_served_and_stay_as_they_are(learner: Learner) -> None:
    learner.type("play", "2")
    learner.edit("greeting.py", "Hello", "Good day")
    before = learner.files()
    assert served(stage(learner)) == "Good day, world!"
    assert learner.files() == before


def test_the_verb_says_where(learner: Learner) -> None:
    learner.type("play", "2")
    said = learner.type("run", "playground", "--check")
    assert "http://127.0.0.1:" in said and "playground: Stars" in said
    assert "There is no step" in str(learner.result("run", "nowhere").exception)


def test_its_database_is_made_filled_and_migrated_along(learner: Learner) -> None:
    for step in ("02-notes", "03-stars"):
        learner.course.write(step, ".gitignore", "*.sqlite3\n")
    learner.type("play", "2")
    made = prepared(learner)
    assert notes(made) == ["bread"]
    learner.type("solve", "migrations")
    assert made.sync() == ["migrations/002.sql"]
    assert notes(made, "stars") == ["0"]
    assert notes(prepared(learner)) == ["bread"]


def test_a_new_migration_that_fails_is_told_and_the_server_goes_on(
    learner: Learner, capsys: pytest.CaptureFixture[str]
) -> None:
    learner.type("play", "2")
    made = prepared(learner)
    learner.write("migrations/002.sql", "NO SQL;\n")
    assert made.sync() == ["migrations/002.sql"]
    assert "migrate.py" in capsys.readouterr().err


def test_what_the_next_step_brings_may_be_missing_yet(
    learner: Learner, capsys: pytest.CaptureFixture[str]
) -> None:
    learner.type("play", "1")
    assert served(stage(learner)) == "Hello, world!"
    said = capsys.readouterr().err
    assert "not yet: `python migrate.py` ended with code 2" in said
    learner.type("solve")
    made = prepared(learner)
    # What could not be done before is done now.
    assert notes(made) == ["bread"]


def test_what_the_step_before_could_do_already_must_not_fail(learner: Learner) -> None:
    learner.type("play", "2")
    learner.write("migrate.py", "raise SystemExit('no')\n")
    with pytest.raises(CourseError, match="migrate.py") as caught:
        prepared(learner)
    assert "course check" in caught.value.remedy


def test_a_server_that_only_the_next_step_has_gives_way(
    learner: Learner, capsys: pytest.CaptureFixture[str]
) -> None:
    learner.course.set("02-notes", serve="python better_server.py {host} {port}")
    learner.type("play", "1")
    assert served(stage(learner)) == "Hello, world!"
    assert "not yet: " in capsys.readouterr().err


def test_a_server_that_does_not_start_is_said(learner: Learner) -> None:
    learner.type("play", "2")
    learner.write("server.py", "raise SystemExit('no luck')\n")
    made = stage(learner)
    with made.held(), pytest.raises(CourseError, match="no luck"):
        made.serve(made.prepare(nothing), None, nothing)


def test_its_packages_come_from_its_own_files(learner: Learner) -> None:
    course = learner.course
    course.write("02-notes", "wanted.txt", "")
    course.set("02-notes", install="python -c pass wanted.txt")
    learner.type("play", "1")
    prepared(learner)
    learner.type("play", "nothing")
    course.set("01-greeting", install="python -c pass greeting.py")
    with pytest.raises(CourseError, match="has no greeting.py"):
        prepared(learner)


def test_the_last_step_is_served_too(learner: Learner) -> None:
    learner.type("play", "3")
    assert served(stage(learner)) == "Hello, world!"
