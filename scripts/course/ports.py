"""Free ports: the range they are taken from, how one is tried, reserved, and seen to answer."""

from __future__ import annotations

import getpass
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from course.errors import CourseError

if TYPE_CHECKING:
    from filelock import FileLock

HOST = "127.0.0.1"

# Those of the site; steps begin at 8000.
SITE_PORTS = range(8100, 9000)
# Below those that systems give to programs that ask for any port (from 32768, or from 49152).
_OWN = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether nothing listens on a port of this machine."""
    return _bind(port) is None


def may_bind(port: int) -> bool:
    """Whether this person may listen on a port at all."""
    return not isinstance(_bind(port), PermissionError)


def _bind(
    port: int, host: str = HOST, *, closing: bool = sys.platform != "win32"
) -> OSError | None:
    """Return why a port cannot be listened on; None when it can.

    Args:
        port: the port.
        host: the address of this machine; ``""`` for all that it has.
        closing: whether a port whose last connection is just closing counts as free, as it does
            to servers.
    """
    with socket.socket() as probe:
        if closing:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def any_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def lock(port: int) -> FileLock:
    """Return what those hold who are about to listen on a port.

    It is of the machine and not of one course: another copy of it may be at work as well, and have
    its temporary folders elsewhere (TMPDIR).
    """
    # Not above: servers of our own load this module, and start faster without.
    from filelock import FileLock

    name = f"course-{getpass.getuser()}-port-{port}.lock"
    place = "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()
    return FileLock(os.path.join(place, name))


@contextmanager
def held_if_free(port: int, host: str = HOST) -> Iterator[bool]:
    """Hold a port for a server that is about to listen on it, if no other one does or is.

    Args:
        port: the port.
        host: the address of this machine; ``""`` for all that it has.
    """
    from filelock import Timeout

    # The lock first: who is given a port may not listen on it yet.
    held = lock(port)
    try:
        held.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError:
        # Where no lock can be made, nobody holds one.
        yield _bind(port, host) is None
        return
    try:
        yield _bind(port, host) is None
    finally:
        held.release()


@contextmanager
def held_first(numbers: Sequence[int], host: str = HOST) -> Iterator[int]:
    """Give, and hold, the first of some ports on which nothing listens or is about to.

    Args:
        numbers: the ports.
        host: as `held_if_free` has it.

    Raises:
        CourseError: when there is none.
    """
    for port in numbers:
        with held_if_free(port, host) as held:
            if held:
                yield port
                return
    raise CourseError(
        f"no port of {HOST} from {min(numbers)} to {max(numbers)} is free.", "End some servers."
    )


def reserved() -> AbstractContextManager[int]:
    """Give a port on which nothing listens, and which no other check on this machine is given.

    Raises:
        CourseError: when there is none.
    """
    return held_first(_OWN, "")


def answers(port: int) -> bool:
    """Return whether something listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
