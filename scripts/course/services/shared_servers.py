"""``course services``: starts, finds and ends the shared servers; time-outs for lock and end.

What differs between them is in the module of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import psutil

from course.errors import CourseError
from course.repository import write_if_changed
from course.services import daemons, ledger, mail_service, postgres, process_lock, redis
from course.services.ledger import Record, Running

# Seconds for a server to end cleanly, and for another `course services` to finish what it does.
STOP_TIME = 30.0
LOCK_TIME = 120.0

Result = TypeVar("Result")


class Service(Protocol):
    """What a service's module tells of it.

    Attributes:
        PORTS: the ports that it would like to have.
        READY: what its log says once it answers.
        STOP: the signal that asks it for a clean end.
        ABANDON: the same when nobody wants its data any more.
        PRIVATE: further arguments of a server that is there for one run of the tool.
    """

    PORTS: tuple[int, ...]
    READY: bytes
    STOP: int
    ABANDON: int
    PRIVATE: tuple[str, ...]

    def version(self) -> str:
        """Return its version; ``""`` where there is none, or it is the tool's own."""

    def unavailable(self) -> str | None:
        """Return why it cannot run on this machine; None if it can."""

    def prepare(self, folder: Path) -> None:
        """Make what it needs in its folder. May raise `CourseError` and `OSError`."""

    def launch(self, folder: Path, ports: Sequence[int]) -> daemons.Launch:
        """Return how to start it."""

    def arguments(self, folder: Path) -> tuple[str, ...]:
        """Return the first arguments of its command line, which no other process has."""


SERVICES: dict[str, Service] = {"postgres": postgres, "redis": redis, "mail": mail_service}
NAMES = tuple(SERVICES)


def unavailable(name: str) -> str | None:
    """Return why a service cannot run on this machine, and what to do; None if it can.

    Raises:
        CourseError: when there is no service of that name.
    """
    return _service(name).unavailable()


def up(names: Iterable[str], *, state: Path) -> list[Running]:
    """Start services in the background, and return when each answers.

    One that runs already is left as it is. Several are started side by side; if one fails, the
    others go on.

    Args:
        names: some of `NAMES`.
        state: the folder for data, logs and who runs; made when it is missing.

    Raises:
        CourseError: when a service is unknown, cannot run here, or ended at its start; with the
            end of its log.
    """
    return _each(names, lambda name: _up(name, state.resolve()))


def down(names: Iterable[str], *, state: Path) -> list[str]:
    """End services cleanly and wait for it. What they keep stays.

    Returns:
        the names of those that were running.

    Raises:
        CourseError: when a service is unknown, or belongs to another user.
    """
    wanted = list(names)
    ended = _each(wanted, lambda name: _down(name, state.resolve()))
    return [name for name, was in zip(wanted, ended) if was]


def status(*, state: Path) -> list[Running]:
    """Return the services that run and answer, in the order of `NAMES`. Nothing is started."""
    state = state.resolve()
    found = (_guarded(name, partial(_status, name, state)) for name in NAMES)
    return [running for running in found if running is not None]


def _up(name: str, state: Path) -> Running:
    service = _service(name)
    reason = service.unavailable()
    if reason is not None:
        raise CourseError(f"{name} cannot run on this machine: {reason}", "see `course doctor`")
    (state / name).mkdir(parents=True, exist_ok=True)
    with process_lock.held(state / f"{name}.lock", timeout=LOCK_TIME):
        record = ledger.load(state, name)
        process = record and ledger.process_of(record)
        if record and process and _answers(service, record, process):
            if record.pid != process.pid:
                ledger.save(state, record.started(process))
            return record.running(process.pid)
        # One that nobody knows of any more (its record was deleted) would stand in the way.
        _stop_strays(service, state / name)
        service.prepare(state / name)
        return _start(name, state)


def _start(name: str, state: Path) -> Running:
    service, log = _service(name), state / f"{name}.log"
    before = state / f"{name}.ports"

    def attempt(ports: tuple[int, ...]) -> Running | None:
        launch = service.launch(state / name, ports)
        record = Record(name, launch.argv, launch.url, launch.urls, log)
        ledger.save(state, record)
        process = daemons.spawn(launch, log)
        try:
            record = record.started(process)
            ledger.save(state, record)
            if not _answers(service, record, process):
                return None
            write_if_changed(before, " ".join(map(str, ports)).encode())
            return record.running(process.pid)
        except BaseException:
            # A server that no record leads to would never be ended.
            daemons.stop(process, service.STOP, STOP_TIME)
            raise

    if (running := daemons.start(_preferred(service, before), attempt)) is not None:
        return running
    ledger.forget(state, name)
    raise CourseError(
        f"{name} ended as soon as it was started; the end of {log}:\n{daemons.tail(log)}",
        "fix what the log names, then type `course services up`; `course doctor` checks the rest",
    )


def _preferred(service: Service, before: Path) -> tuple[int, ...]:
    """Return the ports that a service had the last time: a ``.env`` may name them."""
    try:
        ports = tuple(map(int, before.read_text(encoding="utf-8").split()))
    except (OSError, ValueError):
        return service.PORTS
    return ports if len(ports) == len(service.PORTS) else service.PORTS


def _answers(service: Service, record: Record, process: psutil.Process) -> bool:
    """Wait until a server answers; False when it ended instead."""
    try:
        return daemons.ready(process, record.log, service.READY, daemons.READY_TIME)
    except TimeoutError as error:
        raise CourseError(
            f"{record.name} {error}; the end of {record.log}:\n{daemons.tail(record.log)}",
            "type `course services down`, then `course services up`",
        ) from None


def _down(name: str, state: Path) -> bool:
    service = _service(name)
    if not state.is_dir():
        # The folder was deleted under the feet of a server: it may run all the same.
        return _stop_strays(service, state / name)
    with process_lock.held(state / f"{name}.lock", timeout=LOCK_TIME):
        record = ledger.load(state, name)
        process = record and ledger.process_of(record)
        if process:
            daemons.stop(process, service.STOP, STOP_TIME)
        strays = _stop_strays(service, state / name)
        ledger.forget(state, name)
        return bool(process) or strays


def _status(name: str, state: Path) -> Running | None:
    record = ledger.load(state, name)
    process = record and ledger.process_of(record)
    if record and process:
        # One that is just being started does not answer yet.
        ready = daemons.said(record.log, _service(name).READY)
        return record.running(process.pid) if ready else None
    if record:
        _sweep(name, state)
    return None


def _sweep(name: str, state: Path) -> None:
    """Remove a record whose server is gone, unless another command is at work with it."""
    try:
        with process_lock.held(state / f"{name}.lock", timeout=0):
            record = ledger.load(state, name)
            if record and not ledger.process_of(record):
                ledger.forget(state, name)
    except (process_lock.Held, PermissionError):
        pass


def _stop_strays(service: Service, folder: Path) -> bool:
    if service.unavailable() is not None:
        return False
    strays = ledger.find(service.arguments(folder))
    for process in strays:
        daemons.stop(process, service.STOP, STOP_TIME)
    return bool(strays)


def _service(name: str) -> Service:
    try:
        return SERVICES[name]
    except KeyError:
        raise CourseError(
            f"there is no service {name!r}", f"choose from {', '.join(NAMES)}"
        ) from None


def _each(names: Iterable[str], work: Callable[[str], Result]) -> list[Result]:
    """Do the same for several services side by side; the first error is raised at the end."""
    wanted = list(names)
    for name in wanted:
        _service(name)
    with ThreadPoolExecutor(max_workers=len(NAMES)) as pool:
        futures = [pool.submit(_guarded, name, partial(work, name)) for name in wanted]
    return [future.result() for future in futures]


def _guarded(name: str, work: Callable[[], Result]) -> Result:
    """Do something for a service; a full disk or a missing right is a `CourseError`."""
    try:
        return work()
    except process_lock.Held as error:
        raise CourseError(
            f"another `course services` has been busy with {name} for {LOCK_TIME:.0f} s",
            f"wait for it, or end the process that holds {error}",
        ) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise CourseError(
            f"{name}: {error.strerror or error}{where}",
            "make room, or make the folder yours, then type `course services up`;"
            " `course doctor` checks the rest",
        ) from error
