"""What the bench of stopped containers says of what was lost, cut off, or too slow."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests import benches

ACCOUNT = "new0-1@mublog.example"
FOUND = [["Post 1"], [[1, 5]], {ACCOUNT: 7}, 0]
SEEN = {201: 1, 200: 1, 202: 1}


@pytest.fixture
def stops() -> Any:
    return benches.load("stops")


@pytest.fixture
def load(stops: Any) -> Any:
    """What clients saw: all that they did was accepted."""
    load = stops.Load(stops.Balancer({1: 8001, 2: 8002}), [])
    load.phases = [stops.faults.Phase("web", Counter(SEEN), 1.5)]
    load.posts, load.likes, load.accounts = {"Post 1"}, {(1, 5)}, {ACCOUNT}
    return load


def ended(stops: Any, seconds: float = 2.0, code: int = 0) -> list[Any]:
    return [stops.Ended("web", seconds, code, 40.0)]


def test_nothing_is_lost_if_all_is_there_and_each_process_ended_in_time(
    stops: Any, load: Any
) -> None:
    load.phases[0].statuses.update({0: 9, 503: 2})  # Nobody listened, or the database was away.
    lines, count = stops.report(load, FOUND, {ACCOUNT: 1}, ended(stops), 2.0)
    assert count == 0 and not any("fault" in line for line in lines)
    assert lines[1].split() == ["web", "14", "3", "2", "0", "9", "0", "1.50", "s"]


@pytest.mark.parametrize(
    ("found", "mails", "line"),
    [
        ([[], *FOUND[1:]], 1, "accepted posts that are lost"),
        ([FOUND[0], [], *FOUND[2:]], 1, "accepted likes that are lost"),
        ([*FOUND[:2], {}, 0], 1, "accepted accounts that are lost"),
        (FOUND, 0, "accepted accounts without a mail"),
        (FOUND, 2, "mails that came twice"),
        ([["Post 1", "Post 2"], *FOUND[1:]], 1, "posts whose request was cut off"),
        ([FOUND[0], [[1, 5], [1, 6]], *FOUND[2:]], 1, "likes whose request was cut off"),
        ([*FOUND[:2], {ACCOUNT: 7, "new0-2@mublog.example": 8}, 0], 1, "accounts whose request"),
    ],
)
def test_each_loss_is_a_fault_in_its_own_line(
    stops: Any, load: Any, found: list[Any], mails: int, line: str
) -> None:
    came = {ACCOUNT: mails} if mails else {}
    lines, count = stops.report(load, found, came, ended(stops), 2.0)
    assert count == 1
    (named,) = [text for text in lines if "fault" in text]
    assert line in named


@pytest.mark.parametrize(("seconds", "code"), [(41.0, 0), (3.0, 137)])
def test_a_process_that_had_to_be_killed_is_a_fault(
    stops: Any, load: Any, seconds: float, code: int
) -> None:
    lines, count = stops.report(load, FOUND, {ACCOUNT: 1}, ended(stops, seconds, code), 2.0)
    (named,) = [text for text in lines if "fault" in text]
    assert count == 1 and f"exit code {code}" in named


def test_a_web_process_that_is_ready_late_is_a_fault(stops: Any, load: Any) -> None:
    lines, count = stops.report(load, FOUND, {ACCOUNT: 1}, ended(stops), 5.5)
    assert count == 1 and "5.5 of 5 s ← fault" in lines[3]


@pytest.mark.parametrize(
    ("name", "status", "broken"), [("rolling restart", 0, 0), ("web", 500, 0), ("web", 200, 1)]
)
def test_a_request_that_notices_is_a_fault(
    stops: Any, load: Any, name: str, status: int, broken: int
) -> None:
    load.phases.append(stops.faults.Phase(name, Counter({status: 1}), 1.0))
    load.broken[name] = broken
    load.phases[0].name = "nothing"
    lines, count = stops.report(load, FOUND, {ACCOUNT: 1}, ended(stops), 2.0)
    assert count == 1 and "fault" in lines[2]


def test_what_was_answered_by_an_error_was_not_cut_off(stops: Any, load: Any) -> None:
    load.refused = {"Post 2", (1, 6)}
    found = [["Post 1", "Post 2"], [[1, 5], [1, 6]], *FOUND[2:]]
    lines, count = stops.report(load, found, {ACCOUNT: 1}, ended(stops), 2.0)
    assert count == 0 and lines[-1].split()[-3:] == ["2", "of", "1"]


def test_no_new_request_is_sent_to_a_process_that_is_being_replaced(stops: Any) -> None:
    balancer = stops.Balancer({1: 8001, 2: 8002}, {1})
    assert {balancer.pick() for _ in range(50)} == {8002}
