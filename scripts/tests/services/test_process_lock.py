"""A lock excludes other processes and other threads, and ends with its holder."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.services.helpers import wait_for

from course.services import process_lock

HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from course.services import process_lock
with process_lock.held(Path(sys.argv[2]), timeout=5):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_can_be_taken_again_once_it_was_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with process_lock.held(tmp_path / "lock", timeout=0):
            pass


def test_a_lock_excludes_another_holder_in_the_same_process(tmp_path: Path) -> None:
    with process_lock.held(tmp_path / "lock", timeout=0):
        with pytest.raises(process_lock.Held, match="lock"):
            with process_lock.held(tmp_path / "lock", timeout=0.05):
                pytest.fail("two hold it")


def test_a_waiting_thread_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with process_lock.held(tmp_path / "lock", timeout=10):
            order.append("second")

    with process_lock.held(tmp_path / "lock", timeout=0):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_the_system_takes_the_lock_of_a_killed_process_back(tmp_path: Path) -> None:
    place = Path(process_lock.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place), str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout and holder.stdout.readline().strip() == b"held"
        with pytest.raises(process_lock.Held):
            with process_lock.held(tmp_path / "lock", timeout=0):
                pytest.fail("two hold it")
        holder.kill()
    with process_lock.held(tmp_path / "lock", timeout=5):
        wait_for(lambda: holder.poll() is not None)
