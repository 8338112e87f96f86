"""A lock between processes, which the operating system takes back when its holder dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Seconds between two attempts to take a lock that another process holds.
PAUSE = 0.02


class Held(Exception):
    """Another process, or another thread of this one, did not give the lock back in time."""


@contextmanager
def held(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock that the file ``path`` stands for.

    The file is made when it is missing. It is not removed by hand: removing it could let two
    processes lock two different files of one name.

    Args:
        path: the file.
        timeout: seconds to wait for another holder; 0 to try once.

    Raises:
        Held: when the time is up.
        OSError: when the file cannot be made.
    """
    # Not above: the mail catcher's own process loads this module, and starts faster without.
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout, mode=0o600, poll_interval=PAUSE)
    try:
        lock.acquire()
    except Timeout:
        raise Held(str(path)) from None
    try:
        yield
    finally:
        lock.release()
