"""A lock between processes, which the operating system takes back when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Held", "held"]

# Seconds between two attempts to take a lock that another process holds.
PAUSE = 0.02


class Held(Exception):
    """Another process, or another thread of this one, did not give the lock back in time."""


@contextmanager
def held(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock that the file ``path`` stands for.

    The file is made when it is missing and is never removed: removing it would let two processes
    lock two different files of one name.

    Args:
        path: the file; its folder must exist.
        timeout: seconds to wait for another holder; 0 to try once.

    Raises:
        Held: when the time is up.
        OSError: when the file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + timeout
        while not _take(handle):
            if time.monotonic() >= deadline:
                raise Held(str(path))
            time.sleep(PAUSE)
        yield
    finally:
        # Closing gives the lock back, on every platform.
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover (windows)
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
