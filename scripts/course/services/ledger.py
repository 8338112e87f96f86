"""The record of a running service: its JSON file, and how its process is known again.

A record is written twice: with pid 0 just before its server is started, and with the pid right
after. Whatever moment a ``kill -9`` picks, the server can so be found again: by its pid, or by the
command line that the record announced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import psutil

from course.repository import replacing

# A process is the recorded one if it was made within this many seconds of the time recorded.
# Linux derives the time from a clock that may be set, so that it is not exact.
TOLERANCE = 2.0


@dataclass(frozen=True)
class Running:
    """A service that runs and answers.

    Attributes:
        name: one of `course.services.NAMES`.
        pid: its process id.
        url: where programs reach it, password included; this is what ``DATABASE_URL`` takes.
        urls: further addresses by what they are for: ``{"http": "http://127.0.0.1:8025"}``.
        log: the file that it writes its messages to.
    """

    name: str
    pid: int
    url: str
    urls: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class Record:
    """What the ledger holds of one server.

    Attributes:
        name: the service.
        argv: the command that starts it.
        url, urls, log: as in `Running`.
        pid: its process id; 0 as long as it is not known.
        created: when the process was made, in seconds since the epoch, as psutil tells it.
    """

    name: str
    argv: tuple[str, ...]
    url: str
    urls: Mapping[str, str]
    log: Path
    pid: int = 0
    created: float = field(default=0.0)

    def started(self, process: psutil.Process) -> Record:
        """Return the same record with its process."""
        return replace(self, pid=process.pid, created=process.create_time())

    def running(self, pid: int) -> Running:
        """Return what callers see of it."""
        return Running(self.name, pid, self.url, MappingProxyType(dict(self.urls)), self.log)


def load(state: Path, name: str) -> Record | None:
    """Return the record of a service; None without one, or if the file is not one of ours."""
    try:
        text = _file(state, name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        data = json.loads(text)
        return Record(
            name=str(data["name"]),
            argv=tuple(str(word) for word in data["argv"]),
            url=str(data["url"]),
            urls={str(key): str(value) for key, value in data["urls"].items()},
            log=Path(data["log"]),
            pid=int(data["pid"]),
            created=float(data["created"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def save(state: Path, record: Record) -> None:
    """Write a record, all of it or nothing; only its owner may read it (it holds a password).

    Raises:
        OSError: when it cannot be written; the record before is then still there.
    """
    data = asdict(replace(record, urls=dict(record.urls))) | {"log": str(record.log)}
    target = _file(state, record.name)
    with replacing(target, target.with_suffix(".json.new")) as fresh:
        # A file left over by a process that was killed may have another mode.
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=2)


def forget(state: Path, name: str) -> None:
    """Remove the record of a service, if there is one."""
    _file(state, name).unlink(missing_ok=True)


def process_of(record: Record) -> psutil.Process | None:
    """Return the living process that a record speaks of, or None when there is none.

    A process id is used again by the system sooner or later. So the process must also have been
    made when the record says or, if the machine's clock was set since (as after the sleep of a
    virtual machine), have been started by the recorded command.
    """
    if not record.pid:
        return next(iter(find(record.argv[1:])), None)
    try:
        process = psutil.Process(record.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if abs(process.create_time() - record.created) <= TOLERANCE:
            return process
        return process if tuple(process.cmdline()) == record.argv else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def find(arguments: Sequence[str]) -> list[psutil.Process]:
    """Return the living processes whose arguments begin with ``arguments``.

    The program itself (the first word) is not compared: the system may show it by another name.
    """
    wanted = list(arguments)
    found = {
        process.pid: process
        for process in psutil.process_iter(["cmdline", "ppid", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and (process.info["cmdline"] or [])[1 : 1 + len(wanted)] == wanted
    }
    # A child that was just forked still shows its parent's command line.
    return [process for process in found.values() if process.info["ppid"] not in found]


def _file(state: Path, name: str) -> Path:
    return state / f"{name}.json"
