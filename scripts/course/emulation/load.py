"""Visitors that load pages during a deployment: how many, their pause, what counts as failed."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from course.emulation import front

_VISITORS = 4
# A visitor reads for a moment; without it, the load alone would fill the processors.
_PAUSE = 0.02
# What a page says where a proxy or a server could not do it: kept for the message.
_SHOWN = 200


@dataclass
class Load:
    """What visitors saw.

    Attributes:
        count: how many requests were answered, or failed.
        slowest: the longest answer, in seconds.
        failures: what went wrong, each with its page.
    """

    count: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.count:,} requests, {len(self.failures)} failed,"
            f" the slowest took {self.slowest:.1f} s"
        )


@contextmanager
def visitors(port: int, host: str, paths: Sequence[str]) -> Iterator[Load]:
    """Let visitors ask for pages as long as a block lasts.

    Args:
        port: where the load balancer is reached, on this machine.
        host: the name, and the port of the listener, that they ask for.
        paths: the pages, in turn.

    Yields:
        What they have seen so far.
    """
    load, ended, lock = Load(), threading.Event(), threading.Lock()

    def visit(turn: Iterator[str]) -> None:
        while not ended.is_set():
            path, begun = next(turn), time.monotonic()
            problem = ask(port, host, path)
            with lock:
                load.count += 1
                load.slowest = max(load.slowest, time.monotonic() - begun)
                if problem:
                    load.failures.append(f"{path}: {problem}")
            ended.wait(_PAUSE)

    threads = [
        threading.Thread(target=visit, args=(itertools.cycle(paths),), daemon=True)
        for _ in range(_VISITORS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        ended.set()
        for thread in threads:
            thread.join(front.TIMEOUT + 1)


def ask(port: int, host: str, path: str) -> str:
    """Ask for a page; return what is wrong with the answer, and nothing if all is well."""
    try:
        response, body = front.ask(port, host, path, headers={"User-Agent": "course"})
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    if response.status < 400:
        return ""
    return f"{response.status} {body[:_SHOWN].decode('utf-8', 'replace')!r}"
