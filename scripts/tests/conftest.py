"""What holds for every test of the tool."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest

from course import processes
from course.verify.plan import at_once

# What is remembered of the course itself is not for the small ones that tests make; nor is the time
# by which a run of CI has to end.
for _name in ("COURSE_CACHE", "COURSE_DEADLINE"):
    os.environ.pop(_name, None)

_ROOT = "PYTEST_DEBUG_TEMPROOT"


def pytest_configure(config: pytest.Config) -> None:
    """Give this run a root of its own for temporary folders, which goes with it.

    pytest tidies what earlier runs of the same user left, and two runs at a time take each other's
    away. A root that is named is kept; the workers of a run have that of their run.
    """
    if _ROOT not in os.environ and not hasattr(config, "workerinput"):
        os.environ[_ROOT] = root = tempfile.mkdtemp(prefix="course-tests-")
        config.add_cleanup(lambda: _take_away(root))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many workers ``-n auto`` means: processors, and one more.

    A test also waits: for servers that start, for time-outs. Meanwhile another one has its
    processor.
    """
    return at_once()


def _take_away(root: str) -> None:
    shutil.rmtree(root, ignore_errors=True)
    del os.environ[_ROOT]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Let every test hear Ctrl-C and start children, whatever came before, and put all back after.

    ``course`` ends with Ctrl-C ignored, and a test may run it in this very process. Tests that are
    started in the background, or by ``nohup``, ignore signals from the beginning. Children inherit
    what is ignored: those that a test stops would never notice.
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
