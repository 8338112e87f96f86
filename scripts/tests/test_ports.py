"""Ports of this machine: who is given one holds it, also against another copy of the course."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest
from filelock import Timeout

from course import ports
from course.errors import CourseError


@pytest.mark.skipif(os.name == "nt", reason="Windows has no folder that all users share")
def test_a_port_is_held_whatever_the_temporary_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ports.reserved() as port:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with pytest.raises(Timeout):
            ports.lock(port).acquire(timeout=0)


def test_the_first_port_is_given_that_nobody_listens_on_or_holds() -> None:
    # Nothing else asks for these: no program is given them that asks for any.
    numbers = range(31_000, 31_900)
    with ports.held_first(numbers) as one, ports.held_first(numbers) as other:
        assert one in numbers and other in numbers and one != other
        with socket.socket() as taken:
            taken.bind((ports.HOST, 0))
            taken.listen()
            number = taken.getsockname()[1]
            with ports.held_first([number, *numbers]) as third:
                assert third in numbers and third not in (one, other)
            assert ports.answers(number)
    with ports.held_first([one]) as again:
        assert again == one


def test_no_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_bind", lambda *_: OSError())
    with pytest.raises(CourseError, match="no port of 127.0.0.1 from 8100 to 8999 is free"):
        with ports.held_first(ports.SITE_PORTS):
            pass


def test_where_no_lock_can_be_made_a_free_port_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        def acquire(self, timeout: float) -> None:
            raise PermissionError

    monkeypatch.setattr(ports, "lock", lambda _: Refused())
    with ports.held_first(ports.SITE_PORTS) as port:
        assert port in ports.SITE_PORTS
