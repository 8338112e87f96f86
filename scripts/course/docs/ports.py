"""Free ports of this machine."""

from __future__ import annotations

import getpass
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from course.errors import CourseError

HOST = "127.0.0.1"

# Below those that systems give to programs that ask for any port (from 32768, or from 49152).
_OWN = range(20_000, 32_000)


def free_port(first: int) -> int:
    """Return the first port of 127.0.0.1, from one on, on which nothing listens.

    Raises:
        CourseError: when five hundred of them are taken.
    """
    for port in range(first, first + 500):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise CourseError(f"no port of {HOST} is free from {first} on.", "End some servers.")


def lock(port: int) -> FileLock:
    """Return what those hold who are about to listen on a port.

    It is of the machine and not of one course: another copy of it may be at work as well.
    """
    name = f"course-{getpass.getuser()}-port-{port}.lock"
    return FileLock(str(Path(tempfile.gettempdir()) / name))


@contextmanager
def reserved() -> Iterator[int]:
    """Give a port on which nothing listens, and which no other check on this machine is given.

    Raises:
        CourseError: when there is none.
    """
    for port in _OWN:
        # The lock first: who is given a port may not listen on it yet.
        held = lock(port)
        try:
            held.acquire(timeout=0)
        except (Timeout, OSError):
            continue
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("", port))
                except OSError:
                    continue
            yield port
            return
        finally:
            held.release()
    raise CourseError(
        f"no port of {HOST} from {_OWN.start} to {_OWN.stop - 1} is free.", "End some servers."
    )


def answers(port: int) -> bool:
    """Return whether something listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
