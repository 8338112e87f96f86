"""Ports, logs, and servers that start and end."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.services.helpers import wait_for

from course.errors import CourseError
from course.ports import HOST
from course.services import daemons
from course.services.daemons import Launch

READY = b"I am ready"
SAYS_IT = "import sys, time; print('I am ready', flush=True); time.sleep(60)"
SAYS_NOTHING = "import time; time.sleep(60)"
IS_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('I am ready', flush=True); time.sleep(60)"
)


class Yard:
    """Starts programs in a folder, and ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "it.log"
        self.started: list[psutil.Process] = []

    def start(self, code: str) -> psutil.Process:
        argv = (sys.executable, "-c", code)
        launch = Launch(argv, self.folder, daemons.environment(), "url", {})
        process = daemons.spawn(launch, self.log)
        self.started.append(process)
        return process


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    made = Yard(tmp_path)
    yield made
    for process in made.started:
        if daemons.living(process):
            daemons.stop(process, signal.SIGKILL, 10)


def test_a_port_is_free_until_somebody_listens_on_it() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        assert not daemons.free(port)
    assert daemons.free(port)


def test_a_port_that_is_bound_but_does_not_answer_is_not_free() -> None:
    with socket.socket() as server:
        server.bind((HOST, 0))
        assert not daemons.free(server.getsockname()[1])


def test_a_server_on_all_addresses_takes_the_port_too() -> None:
    with socket.create_server(("", 0)) as server:
        assert not daemons.free(server.getsockname()[1])


def test_the_preferred_port_is_picked_and_another_when_it_is_taken() -> None:
    with socket.create_server((HOST, 0)) as taken, socket.socket() as other:
        other.bind((HOST, 0))
        preferred = other.getsockname()[1]
        other.close()
        port = taken.getsockname()[1]
        first, second = daemons.pick((port, preferred))
    assert first != port
    assert second == preferred


def test_nothing_of_the_callers_shell_reaches_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGDATA", "PYTHONPATH", "LC_ALL", "LANG"):
        monkeypatch.setenv(name, "stray")
    environment = daemons.environment(LANG="C")
    assert "stray" not in environment.values()
    assert environment["LANG"] == "C"
    assert environment["PATH"] == os.environ["PATH"]


def test_a_server_is_ready_when_its_log_says_so(yard: Yard) -> None:
    process = yard.start(SAYS_IT)
    assert daemons.ready(process, yard.log, READY, 20)
    assert daemons.living(process)


def test_a_server_that_ends_is_not_ready_whatever_it_said(yard: Yard) -> None:
    process = yard.start("print('I am ready')")
    wait_for(lambda: not daemons.living(process))
    assert not daemons.ready(process, yard.log, READY, 20)


def test_waiting_for_a_server_that_says_nothing_ends(yard: Yard) -> None:
    process = yard.start(SAYS_NOTHING)
    with pytest.raises(TimeoutError):
        daemons.ready(process, yard.log, READY, 0.05)


def test_a_log_that_was_deleted_says_nothing(tmp_path: Path) -> None:
    assert not daemons.said(tmp_path / "gone.log", READY)


def test_the_log_of_the_start_before_is_kept(yard: Yard) -> None:
    for words in ("first", "second", "third"):
        process = yard.start(f"print({words!r})")
        wait_for(lambda: not daemons.living(process))
    assert yard.log.read_text().strip() == "third"
    assert yard.log.with_name("it.log.1").read_text().strip() == "second"


@pytest.mark.skipif(os.name != "posix", reason="sessions are POSIX's")
def test_a_server_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(yard: Yard) -> None:
    process = yard.start(SAYS_IT)
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_a_stopped_server_is_gone_when_stop_returns(yard: Yard) -> None:
    process = yard.start(SAYS_IT)
    daemons.stop(process, signal.SIGTERM, 20)
    assert not psutil.pid_exists(process.pid)
    daemons.stop(process, signal.SIGTERM, 20)


@pytest.mark.skipif(os.name != "posix", reason="Windows ends by force at once")
def test_a_server_that_does_not_want_to_end_is_killed(yard: Yard) -> None:
    process = yard.start(IS_STUBBORN)
    daemons.ready(process, yard.log, READY, 20)
    begun = time.monotonic()
    daemons.stop(process, signal.SIGTERM, 0.1)
    assert not psutil.pid_exists(process.pid)
    assert time.monotonic() - begun < 10


def test_the_server_of_another_user_is_refused_with_who_it_is(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = yard.start(SAYS_IT)

    def denied(signal: int) -> None:
        raise psutil.AccessDenied(process.pid)

    # Only the refusal is made up: the tests may run as root, whom nobody refuses anything.
    with monkeypatch.context() as patch:
        patch.setattr(process, "send_signal", denied)
        patch.setattr(process, "terminate", lambda: denied(0))
        with pytest.raises(CourseError, match="belongs to") as error:
            daemons.stop(process, signal.SIGTERM, 1)
    assert "course services down" in error.value.remedy


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "it.log"
    log.write_bytes(b"\n".join(b"line %d \xff" % number for number in range(50)) + b"\n\n")
    assert daemons.tail(log, 2) == "    line 48 \ufffd\n    line 49 \ufffd"


def test_the_tail_of_no_log_says_so(tmp_path: Path) -> None:
    assert "wrote nothing" in daemons.tail(tmp_path / "gone.log")
