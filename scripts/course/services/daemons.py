"""Starts and ends background servers: attempts, time-out until one is ready, log file.

They are not started by `course.processes`, which ends every child with the tool: these outlive the
command. Each gets a session of its own, so that neither Ctrl-C nor the end of the terminal reaches
it, and a log file instead of the terminal.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar

import psutil

from course import ports
from course.errors import CourseError

# Seconds for a server to be ready (Postgres may have to recover first), and between two looks.
READY_TIME = 60.0
PAUSE = 0.01

# How often a start is tried when another program takes the chosen port at the same moment.
ATTEMPTS = 5

Started = TypeVar("Started")

# Servers whose parent is this process. Python would warn of a `Popen` object that is thrown away
# while its process lives, and only a parent can take note of the end of its child.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Owner:
    """The user that a server runs as, by numbers."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Launch:
    """How to start one server.

    Attributes:
        argv: the program, with its whole path, and its arguments.
        cwd: the folder that it runs in.
        env: its whole environment.
        url, urls: where it will be reached, as in `course.services.ledger.Running`.
        owner: the user that it runs as; None for the user of this process.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str]
    url: str
    urls: dict[str, str]
    owner: Owner | None = None


def environment(**more: str) -> dict[str, str]:
    """Return an environment for a server, in which nothing of the caller's shell can surprise it.

    ``PGDATA``, ``PYTHONPATH``, ``LC_ALL`` and all else are left out; what a program needs to find
    its libraries and its temporary folder stays.
    """
    kept = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | more


def free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    # A server on all addresses (0.0.0.0) does not hinder a bind on macOS, but it answers.
    return not ports.answers(port) and ports.is_free(port)


def pick(preferred: Sequence[int]) -> tuple[int, ...]:
    """Return one free port for each preferred one: itself, or any when it is 0 or taken.

    Another program may take a port before it is used: the code that starts a server looks again.
    """
    return tuple(port if port and free(port) else ports.any_port() for port in preferred)


def version_of(distribution: str) -> str:
    """Return the version of a wheel with a server; ``""`` where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def start(
    preferred: Sequence[int], attempt: Callable[[tuple[int, ...]], Started | None]
) -> Started | None:
    """Start a server, on other ports if another program takes one at the same moment.

    Args:
        preferred: the ports that it would like to have, as `pick` has it.
        attempt: starts it on some ports, and waits until it answers; None when it ended.

    Returns:
        What the attempt returned; None when the server ended, and not for want of a port.
    """
    for _ in range(ATTEMPTS):
        ports = pick(preferred)
        started = attempt(ports)
        if started is not None:
            return started
        if all(free(port) for port in ports):
            break
    return None


def spawn(launch: Launch, log: Path) -> psutil.Process:
    """Start a server with an empty log, and return without waiting for it to be ready.

    The log of the start before is kept beside it, with ``.1`` at the end of its name.

    Raises:
        OSError: when the program or its folder is not there, or the log cannot be written.
    """
    if log.exists():
        os.replace(log, log.with_name(log.name + ".1"))
    with open(log, "wb") as stream:
        child = subprocess.Popen(
            launch.argv,
            cwd=launch.cwd,
            env=launch.env,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            **_apart(launch.owner),  # type: ignore[call-overload]
        )
    _children[child.pid] = child
    try:
        return psutil.Process(child.pid)
    except psutil.NoSuchProcess:  # pragma: no cover (a child is a zombie until it is waited for)
        raise OSError(f"{launch.argv[0]} ended at once") from None


def ready(process: psutil.Process, log: Path, sign: bytes, timeout: float) -> bool:
    """Wait until a server has written ``sign`` to its log.

    Returns:
        True when it is ready, False when it ended before.

    Raises:
        TimeoutError: when it is neither after ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        alive = living(process)
        if not alive:
            return False
        if said(log, sign):
            return living(process)
        if time.monotonic() >= deadline:
            raise TimeoutError(f"did not answer within {timeout:.0f} s")
        time.sleep(PAUSE)


def said(log: Path, sign: bytes) -> bool:
    """Whether a server has written ``sign`` to its log."""
    try:
        return sign in log.read_bytes()
    except FileNotFoundError:
        return False


def living(process: psutil.Process) -> bool:
    """Whether a process runs; one that has ended and only waits for its parent does not."""
    child = _children.get(process.pid)
    if child is not None and child.poll() is not None:
        del _children[process.pid]
        return False
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # pragma: no cover (it would have to end between two words)
        return False


def stop(process: psutil.Process, signal: int, grace: float) -> None:
    """Ask a server to end, and wait until it has.

    Args:
        process: the server.
        signal: the signal that asks it for a clean end; Windows knows only one, by force.
        grace: seconds that it is given, after which it is killed.

    Raises:
        CourseError: when the server belongs to another user.
    """
    try:
        if sys.platform == "win32":  # pragma: no cover (windows)
            process.terminate()
        else:
            process.send_signal(signal)
        try:
            process.wait(grace)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(grace)
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied:
        raise CourseError(
            f"process {process.pid} ({process.name()}) belongs to {process.username()}",
            "run `course services down` as that user",
        ) from None
    child = _children.pop(process.pid, None)
    if child is not None:
        child.poll()


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, indented; what is not UTF-8 is replaced."""
    try:
        text = log.read_bytes()[-16384:].decode("utf-8", "replace")
    except OSError:
        text = ""
    last = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line}" for line in last or ["(it wrote nothing)"])


def _apart(owner: Owner | None) -> dict[str, object]:
    """Return the arguments of `Popen` that cut a server off from this command."""
    if sys.platform == "win32":  # pragma: no cover (windows)
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    apart: dict[str, object] = {"start_new_session": True}
    if owner is not None:
        apart |= {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    return apart
