"""Serves a step: first port, mirror, preparing its database, demo data, what is said meanwhile.

The server runs in a mirror under the tool's state, which follows the snapshot file by file, so
that running a step never writes into it and an edit of the snapshot still shows at once.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from course import console, copies, processes, workspace
from course.catalogue import Command
from course.chain import Chain, Link
from course.errors import CourseError
from course.git import Entry
from course.install import environments
from course.install.environments import Environment
from course.ports import HOST, any_port, held_first, held_if_free, may_bind
from course.readiness import await_answer
from course.services.private_servers import Room, Servers
from course.verify.failure_reason import failure, tail

FIRST_PORT = 8000
_STAMP = "prepared"
_DEMO = "demo-data"
_ALL = "# all of it"
# What SQLite keeps beside a database that was not closed; without it the database is damaged.
_COMPANIONS = ("", "-journal", "-wal", "-shm")


@dataclass
class Running:
    """A step that is being served.

    Attributes:
        link: the step.
        url: its address.
        child: its server.
        mirror: the folder it runs in.
        beside: what runs as long as the server does, by its command.
    """

    link: Link
    url: str
    child: subprocess.Popen[bytes]
    mirror: Path
    beside: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def end(self) -> None:
        """End the server, and what runs beside it."""
        for child in (self.child, *self.beside.values()):
            processes.end(child)

    def ended(self) -> str:
        """Say what ended by itself, and how; ``""`` while all of it runs."""
        for what, child in {"The server": self.child, **self.beside}.items():
            if child.poll() is not None:
                return f"{what} of {self.link.name} ended with code {child.returncode}."
        return ""


class Stage:
    """The place of one step under the tool's state: its mirror, its logs, its lock.

    Args:
        chain: the chain.
        link: the step.
    """

    def __init__(self, chain: Chain, link: Link) -> None:
        self.chain = chain
        self.link = link
        self.folder = chain.repository.state_folder("run") / link.step.slug
        self.mirror = self.folder / "project"
        self.log = self.folder / "run.log"
        self._known: dict[str, Entry] = {}
        self._servers = Servers(keep=self.folder / "services")
        self._room: Room | None = None

    @property
    def remedy(self) -> str:
        """The command that says more when the step does not work."""
        return f"course verify {self.link.label}"

    def entries(self) -> dict[str, Entry]:
        """Return the files that are to run."""
        return self.chain.entries(self.link)

    def install(self, entries: dict[str, Entry]) -> tuple[Command, ...]:
        """Return the commands that fill the environment."""
        return self.link.step.commands.install

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the stage for this process.

        Raises:
            CourseError: when another process runs the step, with its address.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(self.folder / "lock"), timeout=0)
        address = self.folder / "address"
        try:
            lock.acquire()
        except Timeout:
            try:
                where = f" at {address.read_text(encoding='utf-8')}"
            except FileNotFoundError:
                where = ""
            raise CourseError(
                f"{self.link.name} is running already{where}.",
                "End it with Ctrl-C where it was started; or, from anywhere: course stop",
            ) from None
        try:
            # A run that was killed left its address.
            address.unlink(missing_ok=True)
            yield
        finally:
            self.close_room()
            address.unlink(missing_ok=True)
            lock.release()

    def prepare(self, tell: Callable[[str], None]) -> Environment:
        """Make the environment, the mirror, the configuration and the database.

        What a person left in the database of an earlier run is kept and migrated along.

        Raises:
            CourseError: when one of the step's commands fails.
        """
        self.log.write_bytes(b"")
        commands = self.link.step.commands
        entries = self.entries()
        install = self.install(entries)
        files = environments.files_named(self.chain.store, entries, install)
        tell("the packages of its lock")
        environment = environments.ensure(
            self.chain.repository, install, files, self.folder / "install.log"
        )
        configured = " ".join(map(str, commands.env))
        stamp = f"{self.chain.store.write_tree(entries)} {environment.key} {configured}"
        database = self.link.step.settings.database
        if self.link.step.services:
            tell(f"its services: {', '.join(self.link.step.services)}")
            self._room = self.open_room()
            if self._room.fresh and not database:
                self._forget_demo()
        if self._stamp() != stamp or not self.mirror.is_dir():
            tell("its files")
            self._renew(entries, database)
            tell("its configuration")
            self._run(environment, commands.env)
            if not database and self._room is None:
                self._forget_demo()
        else:
            self._known = entries
        if database and not (self.mirror / database).exists():
            self._forget_demo()
        if commands.migrate:
            tell("its database")
            self._migrate(environment, database)
        self._fill(environment, tell)
        (self.folder / _STAMP).write_text(stamp, encoding="utf-8")
        return environment

    def open_room(self) -> Room:
        """Return what the step has in its backing services: servers of its own, whose data stays.

        Raises:
            CourseError: when one is missing on this machine, or does not start.
        """
        return self._servers.open(self.link.step.services, self.chain.course.told)

    def close_room(self) -> None:
        """End the step's own servers."""
        room, self._room = self._room, None
        if room is not None:
            room.close()
        self._servers.close()

    def trouble(self) -> str:
        """Say which server of the step ended by itself, or crashed; else ``""``."""
        return self._room.trouble() if self._room is not None else ""

    def _fill(self, environment: Environment, tell: Callable[[str], None]) -> None:
        """Make the demo data, once: a run that was stopped half way goes on where it was."""
        note = self.folder / _DEMO
        try:
            done = note.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            done = []
        if _ALL in done:
            return
        commands = [c for c in self.link.step.commands.demo if str(c) not in done]
        if commands:
            tell("its demo data")
        for command in commands:
            if self._run(environment, (command,)):
                done.append(str(command))
                note.write_text("\n".join(done), encoding="utf-8")
        if all(str(command) in done for command in self.link.step.commands.demo):
            note.write_text("\n".join([*done, _ALL]), encoding="utf-8")

    def _forget_demo(self) -> None:
        (self.folder / _DEMO).unlink(missing_ok=True)

    def _stamp(self) -> str:
        try:
            return (self.folder / _STAMP).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def _renew(self, entries: dict[str, Entry], database: str) -> None:
        """Lay the mirror again; the database of an earlier run stays."""
        (self.folder / _STAMP).unlink(missing_ok=True)
        kept = self.folder / "kept-database"
        if database and (self.mirror / database).exists():
            _move_database(self.mirror / database, kept)
        workspace.remove(self.mirror)
        workspace.write_entries(self.chain.store, entries, self.mirror)
        workspace.make_repository(self.mirror)
        if database and kept.exists():
            _move_database(kept, self.mirror / database)
        self._known = entries

    def _migrate(self, environment: Environment, database: str) -> None:
        commands = self.link.step.commands.migrate
        try:
            self._run(environment, commands)
        except CourseError:
            file = self.mirror / database
            if not database and self._room is not None and self._room.aside:
                kept = self._room.aside()
                self._run(environment, commands)
                self._forget_demo()
                console.warn(
                    "the earlier database does not take the migrations; it is kept beside the new"
                    f" one, as {kept}"
                )
                return
            if not database or not file.exists():
                raise
            aside = _unused(self.folder / f"{file.name}.set-aside")
            _move_database(file, aside)
            try:
                self._run(environment, commands)
            except CourseError:
                # The database was not the reason: it stays where it was.
                _move_database(aside, file)
                raise
            self._forget_demo()
            console.warn(
                f"the earlier database does not take the migrations; it is kept as {aside}"
            )

    def variables(self, environment: Environment, command: Command) -> dict[str, str]:
        """Return the environment variables of a command in the mirror."""
        found = environments.variables(self.chain.repository, environment)
        if self._room is not None:
            found |= self._room.variables
        return found | dict(command.variables)

    def _run(self, environment: Environment, commands: tuple[Command, ...]) -> bool:
        """Run commands in the mirror, and return whether each of them did what it should."""
        for command in commands:
            failed = perform(
                command,
                self.mirror,
                self.variables(environment, command),
                self.link.step.settings.timeout,
                self.log,
            )
            if failed:
                raise CourseError(
                    f"{self.link.name}: {failed}", f"Read {self.log}; then: {self.remedy}"
                )
        return True

    def sync(self) -> list[str]:
        """Carry what changed in the snapshot into the mirror, and return the files.

        Only files that the snapshot itself brought are ever taken away.

        Raises:
            CourseError: when the mirror is gone, or the snapshot cannot be read.
        """
        if not self.mirror.is_dir():
            raise CourseError(
                f"{self.mirror}, in which {self.link.name} runs, is gone.",
                f"course run {self.link.label}",
            )
        self.chain.refresh()
        entries = self.entries()
        changed = {path: e for path, e in entries.items() if self._known.get(path) != e}
        gone = [path for path in self._known if path not in entries]
        contents = self.chain.store.blobs(entry.blob for entry in changed.values())
        for path in gone:
            copies.take_away(self.mirror, path)
        for path, entry in changed.items():
            copies.place(self.mirror, path, entry, contents[entry.blob])
        self._known = entries
        if changed or gone:
            (self.folder / _STAMP).unlink(missing_ok=True)
        return sorted([*changed, *gone])

    def serve(
        self, environment: Environment, port: int | None, show: Callable[[str], None]
    ) -> Running:
        """Start the step's server and wait until it answers.

        Args:
            environment: the step's environment.
            port: the port, if the person chose one; else the step's own, or a free one.
            show: called with every line that the server prints once it is up.

        Raises:
            CourseError: when the port is taken, or the server does not answer.
        """
        commands = self.link.step.commands.serve
        if not commands:
            raise CourseError(f"{self.link.name} has no server.", self.remedy)
        up = threading.Event()
        start = self.log.stat().st_size
        with held_port(self.link, port) as number:
            filled = commands[0].fill(host=HOST, port=number)
            child, reader = self._start(environment, filled, up, show)
            url = f"http://{HOST}:{number}{self.link.step.settings.url}"
            problem = await_answer(child, url, self.link.step.settings.start_timeout)
        if problem:
            processes.end(child)
            reader.join(processes.GRACE)
            raise CourseError(
                f"{self.link.name}: {problem}: {tail(self.log, start)}",
                f"Read {self.log}; then: {self.remedy}",
            )
        up.set()
        running = Running(self.link, url, child, self.mirror)
        try:
            for command in self.link.step.commands.beside:
                running.beside[f"`{command}`"], _ = self._start(environment, command, up, show)
        except CourseError:
            running.end()
            raise
        (self.folder / "address").write_text(url, encoding="utf-8")
        return running

    def _start(
        self,
        environment: Environment,
        command: Command,
        up: threading.Event,
        show: Callable[[str], None],
    ) -> tuple[subprocess.Popen[bytes], threading.Thread]:
        """Start a command that goes on, and what reads its output.

        Raises:
            CourseError: when there is no such program.
        """
        env = self.variables(environment, command)
        program = shutil.which(command.words[0], path=env["PATH"])
        if program is None:
            raise CourseError(
                f"`{command}`: there is no program {command.words[0]}.", "course doctor"
            )
        child = processes.start(
            [program, *command.words[1:]], cwd=self.mirror, env=env, stdout=subprocess.PIPE
        )
        reader = threading.Thread(
            target=self._pass_on, args=(child, up, show), name="server-output", daemon=True
        )
        reader.start()
        return child, reader

    def _pass_on(
        self, child: subprocess.Popen[bytes], up: threading.Event, show: Callable[[str], None]
    ) -> None:
        """Write what the server prints to the log, and show it once the server is up.

        Before that it says addresses and hints of its own, which would only confuse.
        """
        assert child.stdout is not None
        with child.stdout, self.log.open("ab") as log:
            for line in child.stdout:
                log.write(line)
                log.flush()
                if up.is_set():
                    show(line.decode("utf-8", "replace").rstrip())


def perform(
    command: Command, folder: Path, env: Mapping[str, str], timeout: float, log: Path
) -> str:
    """Run a command of the catalogue to its end, and return why it failed; ``""`` if it did not.

    Args:
        command: the command.
        folder: where it runs.
        env: its whole environment.
        timeout: seconds after which it is ended.
        log: what it prints is added there.

    Raises:
        CourseError: when there is no such program.
    """
    program = shutil.which(command.words[0], path=env["PATH"])
    if program is None:
        raise CourseError(f"`{command}`: there is no program {command.words[0]}.", "course doctor")
    with log.open("ab") as output:
        start = output.tell()
        done = processes.run(
            [program, *command.words[1:]], cwd=folder, env=env, timeout=timeout, log=output
        )
    failed = done.code or done.timed_out
    return failure(command, done, log, start, folder) if failed else ""


@contextmanager
def held_port(link: Link, wanted: int | None) -> Iterator[int]:
    """Give the port for a step: the one asked for, its own, or any that is free.

    A step's own port is 8000 plus its number, so that two steps run side by side. It is held until
    the step's server listens: another copy of the course, which starts the same step in the same
    moment, would be answered by this server, and take it for its own.

    Raises:
        CourseError: when the port that was asked for is taken, or needs more rights.
    """
    if wanted is not None:
        if not may_bind(wanted):
            raise CourseError(
                f"Port {wanted} needs an administrator's rights.", "Choose one above 1023."
            )
        with held_if_free(wanted) as held:
            if not held:
                raise CourseError(
                    f"Port {wanted} is taken.", "Choose another, or leave --port out."
                )
            yield wanted
        return
    own = FIRST_PORT + (link.number or 0)
    with held_first([*range(own, own + 2000, 100), any_port()]) as number:
        yield number


def _unused(path: Path) -> Path:
    """Return a path at which nothing lies: this one, or one with a number."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


def _move_database(source: Path, target: Path) -> None:
    """Move a database with what is beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in _COMPANIONS:
        target.with_name(target.name + suffix).unlink(missing_ok=True)
        file = source.with_name(source.name + suffix)
        if file.exists():
            file.replace(target.with_name(target.name + suffix))
