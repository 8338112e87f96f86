"""What several test modules of ``verify`` use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
from rich.text import Text
from tests.small_course import SmallCourse

from course.verify import report
from course.verify.outcome import FAILED, PASSED, REMEMBERED, Outcome


def wait_for(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that has ended but is not yet collected does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def states(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], str]:
    """Return the state of every check by link and check."""
    return {(outcome.link, outcome.check): outcome.state for outcome in outcomes}


def ran(outcomes: Iterable[Outcome]) -> set[tuple[str, str]]:
    """Return the checks that were carried out, and not remembered or left out."""
    return {(o.link, o.check) for o in outcomes if o.state in (PASSED, FAILED)}


def faults(course: SmallCourse, outcomes: list[Outcome]) -> list[Outcome]:
    """Return the faults, each of which is one line that names step, check and a log to read."""
    found = [outcome for outcome in outcomes if outcome.state == FAILED]
    lines = [Text.from_markup(line).plain for line in report.summary(outcomes, course.root, 1)]
    said = [line for line in lines if line.startswith("FAILED ")]
    assert len(said) == len(found)
    for outcome, line in zip(found, said, strict=True):
        assert outcome.log is not None and outcome.log.is_file(), f"no log: {outcome}"
        name = outcome.log.relative_to(course.repository.root).as_posix()
        assert line == f"FAILED {outcome.link} {outcome.check}: {outcome.message} ({name})"
        assert "\n" not in line
    return found


def fault(course: SmallCourse, *names: str) -> Outcome:
    """Verify some links, and return the one fault that is found."""
    outcomes = course.verify(*names)
    found = faults(course, outcomes)
    assert len(found) == 1, found or outcomes
    return found[0]


def passes(course: SmallCourse, *names: str) -> dict[tuple[str, str], Outcome]:
    """Verify some links without a fault, and return the outcomes by link and check."""
    outcomes = course.verify(*names)
    assert not faults(course, outcomes)
    assert {outcome.state for outcome in outcomes} <= {PASSED, REMEMBERED}
    return {(outcome.link, outcome.check): outcome for outcome in outcomes}


def left_in(folder: Path) -> list[str]:
    """Return the names of what a folder holds."""
    return sorted(path.name for path in folder.iterdir())
