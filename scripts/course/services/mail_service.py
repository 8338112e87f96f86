"""Starts the mail catcher (`course.services.mail`): its ports, and its sign that it is ready.

Apart from it, because a module that is run with ``python -m`` must not be imported by its package.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from course.ports import HOST
from course.services.daemons import Launch, environment

# SMTP, HTTP: MailHog's.
PORTS: tuple[int, ...] = (1025, 8025)
READY = b"course mail: ready"
STOP: int = signal.SIGTERM
ABANDON: int = signal.SIGTERM
PRIVATE: tuple[str, ...] = ()


def version() -> str:
    """Return the version of the server: it is a part of the tool."""
    return ""


def unavailable() -> str | None:
    """Return why it cannot run on this machine; None if it can."""
    if find_spec("aiosmtpd") is None:
        return "the package aiosmtpd is not installed; type `make setup`"
    return None


def prepare(folder: Path) -> None:
    """Nothing to prepare: mail is kept in memory."""


def arguments(folder: Path) -> tuple[str, ...]:
    """Return the first arguments of its command line, which no other process has."""
    return ("-m", "course.services.mail", str(folder))


def launch(folder: Path, ports: Sequence[int]) -> Launch:
    """Return how to start it."""
    smtp, http = ports
    options = ("--smtp", str(smtp), "--http", str(http))
    # The package may be installed, or be run from its folder: either way it is this very one.
    place = Path(__file__).parents[2]
    return Launch(
        argv=(sys.executable, *arguments(folder), *options),
        cwd=folder,
        env=environment(PYTHONPATH=str(place), PYTHONUTF8="1", PYTHONDONTWRITEBYTECODE="1"),
        url=f"smtp://{HOST}:{smtp}",
        urls={"http": f"http://{HOST}:{http}"},
    )
