"""The ledger tells the truth about who runs, whatever happened since it was written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.services.helpers import wait_for

from course.services import ledger
from course.services.ledger import Record

WAITS = "import sys; print('up', flush=True); sys.stdin.read()"


def record(tmp_path: Path, **changes: object) -> Record:
    made = Record("redis", ("x", "-y"), "redis://h", {"http": "h"}, tmp_path / "redis.log", 7, 1.5)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until its input ends, with an argument that no other one has."""
    argv = [sys.executable, "-c", WAITS, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        yield process
        process.kill()


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    ledger.save(tmp_path, record(tmp_path))
    assert ledger.load(tmp_path, "redis") == record(tmp_path)


def test_a_new_record_takes_the_place_of_the_old_one_and_of_what_a_killed_process_left(
    tmp_path: Path,
) -> None:
    (tmp_path / "redis.json.new").write_text("half a rec")
    ledger.save(tmp_path, record(tmp_path))
    ledger.save(tmp_path, record(tmp_path, pid=8))
    loaded = ledger.load(tmp_path, "redis")
    assert loaded and loaded.pid == 8
    assert [file.name for file in tmp_path.iterdir()] == ["redis.json"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_only_its_owner_may_read_a_record(tmp_path: Path) -> None:
    ledger.save(tmp_path, record(tmp_path))
    assert stat.S_IMODE((tmp_path / "redis.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"', '{"name": "redis", "urls": 3}'])
def test_a_file_that_is_no_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "redis.json").write_text(text)
    assert ledger.load(tmp_path, "redis") is None


def test_no_file_is_no_record_and_can_be_forgotten(tmp_path: Path) -> None:
    ledger.forget(tmp_path, "redis")
    assert ledger.load(tmp_path, "redis") is None


def test_the_process_of_a_record_is_found_by_pid_and_time(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    started = record(tmp_path).started(psutil.Process(child.pid))
    found = ledger.process_of(started)
    assert found and found.pid == child.pid


def test_another_process_with_the_same_pid_is_not_taken_for_it(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    assert ledger.process_of(record(tmp_path, pid=child.pid, created=1.0)) is None


def test_a_process_is_found_even_though_the_clock_was_set(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    argv = tuple(psutil.Process(child.pid).cmdline())
    found = ledger.process_of(record(tmp_path, argv=argv, pid=child.pid, created=1.0))
    assert found and found.pid == child.pid


def test_a_process_whose_pid_was_never_written_is_found_by_its_command(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    argv = ("any name", "-c", WAITS, str(tmp_path))
    found = ledger.process_of(record(tmp_path, argv=argv, pid=0))
    assert found and found.pid == child.pid


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such state")
def test_a_process_that_has_ended_is_none_even_while_its_parent_has_not_noticed(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    started = record(tmp_path).started(psutil.Process(child.pid))
    argv = ("any name", "-c", WAITS, str(tmp_path))
    child.kill()
    wait_for(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert ledger.process_of(started) is None
    assert ledger.process_of(record(tmp_path, argv=argv, pid=0)) is None


def test_a_pid_that_nobody_has_is_no_process(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert ledger.process_of(record(tmp_path, pid=gone.pid)) is None
