"""What holds for every test of the tool."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from course import processes

# What is remembered of the course itself is not for the small ones that tests make.
os.environ.pop("COURSE_CACHE", None)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Let every test hear Ctrl-C and start children, whatever came before, and put all back after.

    ``course`` ends with Ctrl-C ignored, and a test may run it in this very process; and whoever
    starts the tests in the background, or by ``nohup``, has them ignore signals from the beginning.
    Children inherit what is ignored: those that a test stops would never notice.
    """
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    for name in names:
        default = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
        signal.signal(getattr(signal, name), default)
    processes.resume()
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)
    processes.resume()
