"""Every verb that writes, killed wherever it writes: what reads next, and the same call again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import small_course
from tests import propagation_chains as made
from tests.small_course import SCRIPTS, SmallCourse

PROGRAM = Path(__file__).with_name("verbs.py")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="children are made by fork")


def nothing(course: SmallCourse) -> None:
    pass


def edited(course: SmallCourse) -> None:
    course.write("01-greeting", "feature.py", "x = 1\n")
    course.write("02-notes", "own.py", "mine = 1\n")


def conflicting(course: SmallCourse) -> None:
    course.write("01-greeting", "both.py", "x = 1\n")
    course.write("03-stars", "both.py", "mine = 3\n")


def stopped(course: SmallCourse) -> None:
    """Carry an edit into a conflict."""
    conflicting(course)
    assert course.run("propagate").returncode == 1


def fixed(course: SmallCourse) -> None:
    stopped(course)
    course.write("03-stars", "both.py", "mine = 13\n")


def stray(course: SmallCourse) -> None:
    course.write("final", "stray.py", "mine = 1\n")


def begun(course: SmallCourse) -> None:
    assert course.run("play", "1").returncode == 0
    (course.root / "playground/own.py").write_text("mine = 1\n")


def backed_up(course: SmallCourse) -> None:
    begun(course)
    assert course.run("play", "2").returncode == 0
    backups = course.root / ".course/backups"
    next(backups.iterdir()).rename(backups / "mine")


@dataclass(frozen=True)
class Case:
    """A verb: its words, the verb that reads after it was killed, the course that it finds.

    Attributes:
        code: the code with which it ends, also when it is called again after it was killed.
        once: whether it does a thing that a second call would do a second time.
        parts: whether it makes several changes, each of them whole, one after the other.
    """

    words: tuple[str, ...]
    reader: str
    prepare: Callable[[SmallCourse], None] = nothing
    code: int = 0
    once: bool = False
    parts: bool = False


CASES = [
    Case(("new", "--after", "1", "fresh"), "propagate --dry-run", once=True),
    Case(("rename", "2", "words"), "list", once=True),
    Case(("remove", "2"), "show 1", once=True),
    Case(("propagate",), "lint", edited),
    Case(("propagate",), "diff 2", conflicting, code=1),
    Case(("propagate", "--continue"), "list", fixed),
    Case(("propagate", "--abort"), "propagate --dry-run", stopped),
    Case(("lock",), "show 2", parts=True),
    Case(("lint", "--fix"), "list", stray, parts=True),
    # The files, and then what is made of them: the database.
    Case(("play", "2"), "progress", begun, once=True, parts=True),
    Case(("reset",), "progress", begun, once=True),
    Case(("reset", "--restore", "mine"), "progress", backed_up, once=True),
    Case(("solve",), "progress", begun, once=True),
    Case(("take", "2", "notes.py"), "list", begun),
]


def lying(root: Path) -> dict[str, tuple[str, bytes]]:
    """Return what is in a course, without the repositories of the course and the playground.

    An environment is left out, too: it is rebuilt wherever a course is copied to.
    """
    found = made.everything(root)
    left_out = {".git", ".venv"}
    return {path: file for path, file in found.items() if left_out.isdisjoint(path.split("/"))}


def mine(root: Path) -> set[bytes]:
    """Return what a person wrote, wherever it lies now."""
    places = [root / name for name in ("steps", "final", "playground", ".course/backups")]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return {text for path in files if (text := path.read_bytes()).startswith(b"mine")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.words))
def test_killed_anywhere_a_verb_is_finished_by_the_next_and_by_itself(
    tmp_path: Path, case: Case
) -> None:
    course = small_course.make(tmp_path, name="template")
    case.prepare(course)
    # The fewer files a course has, the sooner it is copied.
    made.sh(course.root, "repack", "-adq")
    shutil.rmtree(course.root / ".git/hooks")
    before, written = lying(course.root), mine(course.root)
    done = subprocess.run(
        [sys.executable, PROGRAM, SCRIPTS, tmp_path, case.reader, "--", *case.words],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ways: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert ways.pop()["ended"] == case.code, done.stdout
    assert len(ways) > 7 and any(way["planned"] for way in ways)
    after = lying(tmp_path / "ended")
    assert after != before or case.words[0] == "propagate"
    for way in ways:
        for name in way.keys() & {"read", "repeated"}:
            root = tmp_path / f"{name}-{way['case']}"
            code, said = way[name]
            assert "Traceback" not in said and "missing" not in said, way
            assert written <= mine(root), way
            assert ("was interrupted" in said) == way["planned"], way
            if name == "read":
                assert case.parts or lying(root) in (before, after), way
            else:
                assert code == case.code and lying(root) == after, way
                assert ("This was the same call" in said) == (way["planned"] and case.once), way
