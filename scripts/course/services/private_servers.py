"""Servers for one run of the tool, and rooms in them: the databases of a check or served step.

They are never those of ``course services``, which are the learner's. Each runs on a port that the
system chose, on 127.0.0.1 alone, as a child of the tool, and so ends with it, also when the tool is
killed (see `course.process_guard`). Its folder bears the name of the run, so that the next one
finds it.

A room in Postgres is a user with a database; in a Redis-protocol server it is a number, or as many
as the catalogue names (what empties a cache does not touch what waits in a queue beside it); a mail
catcher cannot be shared, and is started for each room.
"""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

import psutil

from course import processes
from course.catalogue import NUMBERED
from course.errors import CourseError, Lacking
from course.services import daemons, postgres, redis, shared_servers
from course.services.ledger import Running

# What the folder of one run's servers is called: its run follows.
PREFIX = "course-work-"
# The database of a server whose data is kept.
KEPT = "course"

# What Postgres says when one of its processes is killed and it has to begin again, and all who are
# connected to it are cut off.
_CRASHES = (b"was terminated by signal", b"reinitializing")


class Missing(Lacking):
    """This machine has no such server: what needs it cannot be done here.

    Args:
        name: the service.
        reason: why, and what to do.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot run on this machine: {reason}", "see `course doctor`")


@dataclass(frozen=True)
class _Server:
    """A server that was started here.

    Attributes:
        running: where it is.
        child: its process.
        numbers: the numbers that are free, of one that has numbers.
    """

    running: Running
    child: Popen[bytes]
    numbers: list[int] = field(default_factory=list)

    @property
    def lives(self) -> bool:
        return self.child.poll() is None

    @property
    def said(self) -> int:
        """How much it has written to its log."""
        try:
            return self.running.log.stat().st_size
        except OSError:
            return 0


@dataclass
class Room:
    """What one check, or one served step, has in the services that it needs.

    Attributes:
        variables: what its programs are told, as the catalogue names it.
        addresses: for each service, where in it the room is.
        fresh: whether there was nothing in it before.
        aside: puts a database that was there already aside, makes an empty one in its place, and
            returns the name under which the other is kept; None where there was none.
    """

    variables: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fresh: bool = True
    aside: Callable[[], str] | None = None
    _servers: list[tuple[_Server, int]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def trouble(self) -> str:
        """Say which server ended, or had to begin again, while the room was there; else ``""``."""
        for server, since in self._servers:
            log = server.running.log
            try:
                text = log.read_bytes()[since:]
            except OSError:
                text = b""
            what = ""
            if not server.lives:
                what = f"ended with code {server.child.returncode}"
            elif any(sign in text for sign in _CRASHES):
                what = "crashed and began again"
            if what:
                return (
                    f"{server.running.name}, started for this run alone, {what} meanwhile;"
                    f" the end of its log:\n{daemons.tail(log)}"
                )
        return ""

    def close(self) -> None:
        """Take away what is in it. What a server refuses goes with the server."""
        self._stack.close()


class Servers:
    """The servers of one run of the tool; each is started when the first room needs it.

    Args:
        keep: the folder for their data, where it is to outlive the run. There is one room then.
    """

    def __init__(self, keep: Path | None = None) -> None:
        self._keep = keep
        self._folder: Path | None = None
        self._running: dict[str, _Server] = {}
        self._locks = {name: threading.Lock() for name in shared_servers.NAMES}
        self._lock = threading.Lock()
        self._count = itertools.count(1)

    def open(self, names: Iterable[str], told: Mapping[str, Mapping[str, str]]) -> Room:
        """Return a room in some services, which nobody else has.

        Args:
            names: the services.
            told: for each service, the environment variables that say where it is, with their
                placeholders.

        Raises:
            Missing: when this machine has no such server.
            CourseError: when a service is unknown, nothing is told of it, or it does not start.
        """
        wanted = list(names)
        require(wanted, told)
        room = Room()
        try:
            for name in wanted:
                self._enter(name, room, told[name])
        except BaseException as error:
            room.close()
            if isinstance(error, OSError):
                where = f" ({error.filename})" if error.filename else ""
                raise CourseError(
                    f"{name}, which this run needs: {error.strerror or error}{where}",
                    "make room, or make the folder yours; `course doctor` checks the rest",
                ) from None
            raise
        return room

    def _enter(self, name: str, room: Room, told: Mapping[str, str]) -> None:
        number = next(self._count)
        key = f"{name}-{number}" if name == "mail" else name
        server = self._server(name, key)
        since = server.said
        found = values(server.running)
        room.addresses[name] = ()
        if name == "postgres":
            url = self._database(server, f"room_{number:05}", room)
            room.addresses[name] = (url,)
            found |= values(server.running, url)
        elif name == "redis":
            count = numbers_told(told)
            taken = (
                range(count) if self._keep else [self._number(server, room) for _ in range(count)]
            )
            found |= numbered(server.running, taken)
            room.addresses[name] = tuple(f"{server.running.url}/{one}" for one in taken)
        elif not self._keep:
            room._stack.callback(self._end, key, server)
        room._servers.append((server, since))
        room.variables |= filled(told, found)

    def _database(self, server: _Server, name: str, room: Room) -> str:
        if self._keep:
            return keep_database(server.running, KEPT, room)
        url = postgres.divide(server.running, name)

        def leave() -> None:
            if server.lives and not processes.stopping():
                try:
                    postgres.undivide(server.running, name)
                except (CourseError, processes.Interrupted, OSError):
                    pass

        room._stack.callback(leave)
        return url

    def _number(self, server: _Server, room: Room) -> int:
        try:
            # The one that was given back longest ago.
            number = server.numbers.pop(0)
        except IndexError:
            raise CourseError(
                f"all {redis.NUMBERS} numbers of {server.running.name} are taken",
                "run fewer checks at once: --jobs",
            ) from None
        redis.flush(server.running.url, number)
        room._stack.callback(server.numbers.append, number)
        return number

    def _server(self, name: str, key: str) -> _Server:
        """Return a server that runs, started if need be: one that crashed is started once more."""
        with self._locks[name]:
            known = self._running.get(key)
            if known is not None and known.lives:
                return known
            if known is not None:
                processes.end(known.child)
            server = self._start(name, key)
            self._running[key] = server
            return server

    def _start(self, name: str, key: str) -> _Server:
        service = shared_servers.SERVICES[name]
        base = self._base()
        home = base / (key if self._keep else f"{key}-{next(self._count)}")
        home.mkdir(exist_ok=True)
        service.prepare(home)
        log = base / f"{home.name}.log"

        def attempt(ports: tuple[int, ...]) -> _Server | None:
            launch = service.launch(home, ports)
            more = () if self._keep else service.PRIVATE
            with log.open("wb") as stream:
                child = processes.start(
                    [*launch.argv, *more],
                    cwd=launch.cwd,
                    env=launch.env,
                    stdout=stream,
                    owner=(launch.owner.uid, launch.owner.gid) if launch.owner else None,
                    stop=service.STOP if self._keep else service.ABANDON,
                )
            running = Running(name, child.pid, launch.url, launch.urls, log)
            if _answers(running, child, service.READY):
                numbers = list(range(redis.NUMBERS)) if name == "redis" else []
                return _Server(running, child, numbers)
            processes.end(child)
            if processes.stopping():
                raise processes.Interrupted
            return None

        if (server := daemons.start([0] * len(service.PORTS), attempt)) is not None:
            return server
        raise CourseError(
            f"{name}, which this run needs, ended as soon as it was started;"
            f" the end of its log:\n{daemons.tail(log)}",
            "fix what the log names, then type the same again; `course doctor` checks the rest",
        )

    def _base(self) -> Path:
        """Return the folder of the servers, which every user can pass through."""
        with self._lock:
            if self._folder is None and self._keep is not None:
                self._keep.mkdir(parents=True, exist_ok=True)
                self._folder = self._keep
            if self._folder is None:
                name = f"{PREFIX}{processes.run_name()}-services-"
                # Without a place for Postgres, it says so by itself; others need none.
                place = next(iter(postgres.places()), None)
                self._folder = Path(tempfile.mkdtemp(prefix=name, dir=place)).resolve()
                self._folder.chmod(0o711)
            return self._folder

    def _end(self, key: str, server: _Server) -> None:
        processes.end(server.child)
        self._running.pop(key, None)

    def close(self) -> None:
        """End every server; unless it is kept, their data goes."""
        with self._lock:
            running, self._running = list(self._running.values()), {}
            folder, self._folder = self._folder, None
        for server in running:
            processes.end(server.child)
        if folder is not None and self._keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def require(names: Iterable[str], told: Mapping[str, Mapping[str, str]]) -> None:
    """See that services can be started here, and that the catalogue says how they are told.

    Raises:
        Missing: when this machine has no such server.
        CourseError: when a service is unknown, or nothing is told of it.
    """
    for name in names:
        reason = shared_servers.unavailable(name)
        if not told.get(name):
            raise CourseError(
                f"the catalogue does not say how a step is told where {name} is",
                f'Add to steps/course.toml: [services.{name}] variables = {{ … = "{{url}}" }}',
            )
        if reason is not None:
            raise Missing(name, reason)


def keep_database(running: Running, name: str, room: Room) -> str:
    """Let a room have a database that stays; return its address.

    Raises:
        CourseError: when the server refuses.
    """
    url, room.fresh = postgres.ensure_database(running, name)
    if not room.fresh:
        room.aside = partial(postgres.set_aside, running, name)
    return url


def filled(told: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables with their placeholders filled in."""

    def fill(pattern: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: found.get(match[1], match[0]), pattern)

    return {variable: fill(pattern) for variable, pattern in told.items()}


def versions(names: Iterable[str]) -> str:
    """Return what identifies the programs of some services: a result may depend on them."""
    known = shared_servers.SERVICES
    return " ".join(f"{name} {known[name].version() if name in known else ''}" for name in names)


def numbers_told(told: Mapping[str, str]) -> int:
    """Return how many numbers of a Redis-protocol server a step is told of, but at least one."""
    found = (int(number) for text in told.values() for _, number in NUMBERED.findall(text))
    return max(found, default=1)


def numbered(running: Running, numbers: Iterable[int]) -> dict[str, str]:
    """Return what a catalogue may say of some numbers of a Redis-protocol server, by placeholders.

    Args:
        running: the server.
        numbers: the numbers, in the order of their placeholders.
    """
    found: dict[str, str] = {}
    for position, number in enumerate(numbers, 1):
        end = str(position) if position > 1 else ""
        found |= {f"url{end}": f"{running.url}/{number}", f"name{end}": str(number)}
    return found


def identity(names: Iterable[str], told: Mapping[str, Mapping[str, str]]) -> str:
    """Return what a result in a room depends on: the programs, and what the step is told of them.

    Args:
        names: the services of the room.
        told: as `Servers.open` has it.
    """
    names = list(names)
    return repr((versions(names), [(name, sorted(told.get(name, {}).items())) for name in names]))


def values(running: Running, url: str = "") -> dict[str, str]:
    """Return what a catalogue may say of a service, by the names of its placeholders.

    Args:
        running: the server.
        url: an address on it; its own unless given.
    """
    address = urlsplit(url or running.url)
    return {
        "url": url or running.url,
        "host": address.hostname or "",
        "port": str(address.port or ""),
        "user": address.username or "",
        "password": address.password or "",
        "name": address.path.removeprefix("/"),
        "http": running.urls.get("http", ""),
    }


def _answers(running: Running, child: Popen[bytes], sign: bytes) -> bool:
    try:
        return daemons.ready(psutil.Process(child.pid), running.log, sign, daemons.READY_TIME)
    except psutil.NoSuchProcess:
        return False
    except TimeoutError as error:
        processes.end(child)
        raise CourseError(
            f"{running.name}, which this run needs, {error};"
            f" the end of its log:\n{daemons.tail(running.log)}",
            "try again when the machine has less to do; `course doctor` checks the rest",
        ) from None
