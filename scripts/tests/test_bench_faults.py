"""What the bench of faults says of what was lost, and of what was not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests import benches

from course.services.mailbox import Mailbox

ACCOUNTS = {"new0-1@mublog.example": 7, "new0-2@mublog.example": 8}
FOUND = [["Post 1"], [[1, 5]], ACCOUNTS, 0]
PURGED = "Deleted 50 account(s).\n"
LOST = "Published a1 (7,)\nLost accounts.tasks.send_sign_up_mail for user 8: the broker is away"


@pytest.fixture
def faults() -> Any:
    return benches.load("faults")


@pytest.fixture
def load(faults: Any) -> Any:
    """What clients saw: all that they did was accepted."""
    seen = faults.Phase("Postgres", Counter({201: 1, 200: 1, 202: 2, 503: 3}), 1.5)
    load = faults.Load(0, [], [seen])
    load.posts, load.likes, load.accounts = {"Post 1"}, {(1, 5)}, set(ACCOUNTS)
    return load


def box(*recipients: str) -> Mailbox:
    """Return a mailbox with one mail for each recipient."""
    box = Mailbox()
    for recipient in recipients:
        box.add("mublog@localhost", [recipient], "here", b"Subject: Activate\n\n")
    return box


def test_nothing_is_lost_if_everything_is_there_or_the_log_says_what_is_not(
    faults: Any, load: Any
) -> None:
    lines, count = faults.report(load, FOUND, box("new0-1@mublog.example"), LOST, PURGED)
    assert count == 0 and not any("fault" in line for line in lines)
    assert lines[1].split() == ["Postgres", "7", "4", "3", "0", "0", "1.50", "s"]


@pytest.mark.parametrize(
    ("found", "mails", "web", "worker", "line"),
    [
        ([[], *FOUND[1:]], 1, LOST, PURGED, "accepted posts that are lost"),
        ([FOUND[0], [], *FOUND[2:]], 1, LOST, PURGED, "accepted likes that are lost"),
        ([*FOUND[:2], {"new0-1@mublog.example": 7}, 0], 1, LOST, PURGED, "accounts that are lost"),
        (FOUND, 1, "", PURGED, "mails that are lost, and no log says so"),
        (FOUND, 2, LOST, PURGED, "mails that came twice"),
        (FOUND, 1, LOST, PURGED * 2, "purges by two beats"),
        ([*FOUND[:3], 1], 1, LOST, PURGED, "purges by two beats"),
    ],
)
def test_each_loss_is_a_fault_in_its_own_line(
    faults: Any, load: Any, found: list[object], mails: int, web: str, worker: str, line: str
) -> None:
    lines, count = faults.report(load, found, box(*["new0-1@mublog.example"] * mails), web, worker)
    assert count == 1
    (named,) = [text for text in lines if "fault" in text]
    assert line in named


@pytest.mark.parametrize(("status", "slowest"), [(500, 1.0), (503, 60.0), (0, 1.0)])
def test_an_error_of_ours_an_endless_wait_or_no_answer_is_a_fault(
    faults: Any, load: Any, status: int, slowest: float
) -> None:
    load.phases.append(faults.Phase("Redis", Counter({status: 1}), slowest))
    lines, count = faults.report(load, FOUND, box("new0-1@mublog.example"), LOST, PURGED)
    assert count == 1 and "← fault" in lines[2]


@pytest.mark.parametrize(
    ("worker", "line"),
    [
        ("", "mails whose message a killed process had just taken"),
        ("Task send_sign_up_mail[b2] received", "mails that are lost, and no log says so"),
    ],
)
def test_a_message_that_no_worker_received_was_taken_along(
    faults: Any, load: Any, worker: str, line: str
) -> None:
    web = "Published a1 (7,)\nPublished b2 (8,)"
    lines, count = faults.report(load, FOUND, box("new0-1@mublog.example"), web, PURGED + worker)
    (named,) = [text for text in lines if line in text]
    assert " 1 of 2" in named
    assert count == (1 if worker else 0)
