"""Pieces of work begin with the longest, and come back in the order in which they were given."""

from __future__ import annotations

import pytest

from course import site_check
from course.docs import parallel
from course.docs.consoles import check as consoles
from course.docs.parallel import Job
from course.docs.site import Fault
from course.play import mistake_check


def test_the_longest_begins_first() -> None:
    begun: list[str] = []

    def job(name: str, weight: float) -> Job[str]:
        def do() -> str:
            begun.append(name)
            return name

        return Job(weight, do)

    jobs = [job("short", 1), job("longest", 9), job("long", 5), job("also long", 5)]
    assert parallel.done(jobs, 1) == ["short", "longest", "long", "also long"]
    assert begun == ["longest", "long", "also long", "short"]


def test_what_fails_is_heard() -> None:
    def do() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        parallel.done([Job(1, do), Job(2, lambda: "yes")], 2)


def test_blocks_and_mistakes_share_one_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def made(name: str) -> mistake_check.Results:
        begun.append(name)
        return mistake_check.Results(made=2)

    def ran(name: str) -> consoles.Results:
        begun.append(name)
        return consoles.Results(run=3)

    monkeypatch.setattr(
        consoles, "jobs", lambda *_: [Job(1, lambda: ran("a")), Job(4, lambda: ran("b"))]
    )
    monkeypatch.setattr(mistake_check, "jobs", lambda *_: [Job(3, lambda: made("c"))])
    fault = Fault("a.md", 1, "It is wrong.", "Fix it.")

    def look() -> list[Fault]:
        begun.append("pages")
        return [fault]

    results, planted, faults = site_check.run(None, 1, look=look)  # type: ignore[arg-type]
    assert (results.run, planted.made, faults) == (6, 2, [fault])
    assert begun == ["pages", "b", "c", "a"]
