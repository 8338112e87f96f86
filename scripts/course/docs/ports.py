"""Free ports of this machine."""

from __future__ import annotations

import getpass
import socket
import tempfile
from pathlib import Path

from filelock import FileLock

from course.errors import CourseError

HOST = "127.0.0.1"


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


def answers(port: int) -> bool:
    """Return whether something listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
