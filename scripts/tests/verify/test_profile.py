"""What a verification cost: counted by child, summed up by kind."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest
from rich.table import Table
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.test_command import call

from course import console, processes
from course.verify.outcome import FAILED, NOT_RUN, PASSED, REMEMBERED, SKIPPED, Outcome
from course.verify.profile import Kind, Profile

TOLD = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no time of a child")
_BUSY = "import time\nwhile time.process_time() < 0.2: pass"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallCourse:
    """Two steps with tests alone, as the current folder."""
    course = small_course.make(tmp_path, steps=2, only=["test"])
    monkeypatch.chdir(course.root)
    monkeypatch.setattr(console.out, "width", 200)
    return course


def run(text: str, cwd: Path, log: Path | None = None) -> processes.Finished:
    """Run a line of Python to its end."""
    argv = [sys.executable, "-c", text]
    if log is None:
        return processes.run(argv, cwd=cwd, env=os.environ, timeout=60)
    with log.open("wb") as output:
        return processes.run(argv, cwd=cwd, env=os.environ, timeout=60, log=output)


@TOLD
def test_the_time_of_a_child_and_of_its_own_children_is_counted(tmp_path: Path) -> None:
    nested = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {_BUSY!r}])"
    with processes.measured() as outer:
        run(_BUSY, tmp_path)
        once = outer.seconds
        assert once >= 0.2
        with processes.measured() as inner:
            run(nested, tmp_path, tmp_path / "log")
            assert inner.seconds >= 0.2
        assert outer.seconds == once
        run(_BUSY, tmp_path)
    both = outer.seconds
    assert both >= once + 0.2
    run(_BUSY, tmp_path)
    assert outer.seconds == both


@TOLD
def test_the_time_of_a_child_that_is_ended_is_counted(tmp_path: Path) -> None:
    with processes.measured() as spent:
        done = processes.run(
            [sys.executable, "-c", "while True: pass"], cwd=tmp_path, env=os.environ, timeout=0.5
        )
    assert done.timed_out and spent.seconds > 0


@TOLD
def test_each_thread_counts_its_own(tmp_path: Path) -> None:
    found: dict[str, float] = {}

    def measure(name: str, text: str) -> None:
        with processes.measured() as spent:
            run(text, tmp_path)
        found[name] = spent.seconds

    busy = "import time\nwhile time.process_time() < 2: pass"
    threads = [threading.Thread(target=measure, args=("busy", busy))]
    threads += [threading.Thread(target=measure, args=("idle", "pass"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found["busy"] >= 2 > found["idle"] > 0


@TOLD
def test_a_child_that_somebody_else_collected_has_ended_all_the_same(tmp_path: Path) -> None:
    with processes.measured() as spent:
        argv = [sys.executable, "-c", "pass"]
        child = processes.start(argv, cwd=tmp_path, env=os.environ)
        os.waitpid(child.pid, 0)
        assert child.wait() == 0
        processes.end(child)
    assert spent.seconds == 0


def test_kinds_are_summed_up_and_the_most_expensive_named() -> None:
    outcomes = [
        Outcome("01", "test", PASSED, seconds=2.0, processor=3.0),
        Outcome("02", "test", REMEMBERED, seconds=50.0, processor=60.0),
        Outcome("03", "isolation", FAILED, seconds=1.0, processor=0.5, during="test"),
        Outcome("03", "lint", PASSED, seconds=9.0, processor=4.0),
        Outcome("04", "lint", SKIPPED),
        Outcome("04", "serve", NOT_RUN),
        Outcome("05", "install", REMEMBERED, seconds=5.0, processor=1.0),
    ]
    profile = Profile.of(outcomes)
    assert profile.kinds == [
        Kind("lint", 1, 0, 4.0, 9.0),
        Kind("test", 2, 1, 3.5, 3.0),
        Kind("install", 0, 1, 0.0, 0.0),
    ]
    assert profile.total == Kind("all", 3, 2, 7.5, 12.0)
    assert [(o.link, o.check) for o in profile.most_expensive] == [
        ("03", "lint"),
        ("01", "test"),
        ("03", "isolation"),
    ]
    assert profile.as_json()["most_expensive"] == [
        {"step": "03", "check": "lint", "processor_seconds": 4.0, "seconds": 9.0},
        {"step": "01", "check": "test", "processor_seconds": 3.0, "seconds": 2.0},
        {"step": "03", "check": "test", "processor_seconds": 0.5, "seconds": 1.0},
    ]


def test_the_tables_print_tenths_of_a_second() -> None:
    profile = Profile.of(
        [
            Outcome("01", "lint", PASSED, seconds=0.31, processor=0.04),
            Outcome("01", "test", PASSED, seconds=2.0, processor=3.16),
        ]
    )
    kinds, costly = (_cells(table) for table in profile.tables())
    assert kinds == [
        ["test", "1", "0", "3.2", "2.0"],
        ["lint", "1", "0", "0.0", "0.3"],
        ["all", "2", "0", "3.2", "2.3"],
    ]
    assert costly == [["01", "test", "3.2", "2.0"], ["01", "lint", "0.0", "0.3"]]


def _cells(table: Table) -> list[list[str]]:
    """Return the rows of a table, as they are printed."""
    return [list(row) for row in zip(*([str(c) for c in col.cells] for col in table.columns))]


def test_no_more_than_ten_are_named() -> None:
    outcomes = [Outcome(f"{i:02}", "test", PASSED, processor=float(i)) for i in range(1, 13)]
    found = Profile.of(outcomes).most_expensive
    assert [o.link for o in found] == [f"{i:02}" for i in range(12, 2, -1)]


@TOLD
def test_a_profile_is_printed_after_the_table(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--profile") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    begin = rows.index("check ran remembered processor s wall s".split())
    kinds = {row[0]: row[1:] for row in rows[begin + 1 : rows.index([], begin)]}
    assert set(kinds) == {"install", "test", "proof", "copy", "all"}
    assert {check: row[:2] for check, row in kinds.items()} == {
        "install": ["2", "0"],
        "test": ["2", "0"],
        "proof": ["1", "0"],
        "copy": ["1", "0"],
        "all": ["6", "0"],
    }
    costly = rows[rows.index("step check processor s wall s".split()) + 1 : -1]
    # What each cost is a matter of the machine: the figures are compared below, with known ones.
    spent = [float(row[2]) for row in costly]
    assert len(spent) == 6 and spent == sorted(spent, reverse=True)
    assert call("--profile") == 0
    out = capsys.readouterr().out
    assert ["all", "0", "6", "0.0", "0.0"] in [line.split() for line in out.splitlines()]
    assert "step  check" not in out.partition("wall s")[2]


@TOLD
def test_json_has_the_numbers_too(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--profile", "--json", "2") == 0
    found = json.loads(capsys.readouterr().out)
    # What the proof needs of the step before costs as much as if it had been asked for.
    assert {o["step"] for o in found["outcomes"]} == {"02-notes"}
    kinds = {kind["check"]: kind for kind in found["profile"]["checks"]}
    assert kinds["test"]["ran"] == 2 and kinds["test"]["processor_seconds"] > 0
    assert found["profile"]["all"]["ran"] == 5
    assert {o["step"] for o in found["profile"]["most_expensive"]} == {"01-greeting", "02-notes"}
    [tested] = [o for o in found["outcomes"] if o["check"] == "test"]
    assert tested["processor_seconds"] > 0
    assert call("--profile", "--json", "2") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["profile"]["all"] == {
        "check": "all",
        "ran": 0,
        "remembered": 5,
        "processor_seconds": 0.0,
        "seconds": 0.0,
    }
    assert again["profile"]["most_expensive"] == []
    # A remembered check says what it cost when it ran.
    assert [o for o in again["outcomes"] if o["check"] == "test"] == [
        {**tested, "state": REMEMBERED}
    ]


def test_of_nothing_the_profile_is_empty(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--changed", "--json", "--profile") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcomes"] == found["profile"]["checks"] == []
