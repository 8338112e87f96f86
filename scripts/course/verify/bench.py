"""Where the checks of one step happen: its environment, its clean copies, its commands."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course import environments, npm, prepared, processes, workspace
from course.catalogue import Command
from course.chain import Chain, Link
from course.environments import Environment
from course.errors import CourseError
from course.processes import Finished
from course.services import rooms
from course.verify import memory, printed, reading
from course.verify.outcome import Fault
from course.verify.reason import failure, no_program, tail
from course.workspace import Workspace

_AUDIT = Path(__file__).resolve().parent.parent / "audit"
HOST = "127.0.0.1"
_given_ports: set[int] = set()


@dataclass(frozen=True)
class Place:
    """A clean copy, and the environment that its commands run in.

    Attributes:
        folder: the copy.
        environment: the environment.
        audit: the file that names what was opened outside the copy.
        services: the backing services in which it has a room of its own, from its first command on.
    """

    folder: Path
    environment: Environment
    audit: Path
    services: tuple[str, ...] = ()

    @property
    def temporary(self) -> Path:
        """Where its programs put temporary files, so that no other run's tidying takes them away.

        It is beside the copy, and goes with it.
        """
        return self.folder.parent / "tmp"


class Bench:
    """What the checks of one link share.

    Args:
        chain: the chain.
        link: the link under proof.
        space: where copies are made.
    """

    def __init__(self, chain: Chain, link: Link, space: Workspace) -> None:
        self.chain = chain
        self.link = link
        self.space = space
        self._lock = threading.RLock()
        self._templates: dict[tuple[str, str, tuple[str, ...]], Path] = {}
        self._contents: dict[tuple[str, ...], str] = {}
        self._files: dict[str, bytes] | None = None

    @property
    def logs(self) -> Path:
        """The folder with the logs of this link's checks."""
        return self.chain.repository.state_folder("logs") / self.link.name

    def log(self, check: str) -> Path:
        """Return the log of a check, emptied, its folder made."""
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{check}.log"
        path.write_bytes(b"")
        return path

    @property
    def files(self) -> dict[str, bytes]:
        """The files of the snapshot that an install command may name: those at its root."""
        with self._lock:
            if self._files is None:
                entries, commands = self.chain.entries(self.link), self.link.step.commands.install
                self._files = environments.files_named(self.chain.store, entries, commands)
            return self._files

    @property
    def environment_key(self) -> str:
        """What identifies the link's environment."""
        return environments.key(self.link.step.commands.install, self.files)

    def environment(self, remedy: str = "") -> Environment:
        """Return the link's environment, made if it is missing.

        Args:
            remedy: what fixes a failure that is not the machine's; else that of a maintainer.

        Raises:
            Fault: of the check ``install``.
        """
        log = self.logs / "install.log"
        commands = self.link.step.commands.install
        named = {word for command in commands for word in command.words}
        for word in sorted(named):
            if re.fullmatch(r"[\w./-]+\.(txt|lock|toml|json|cfg)", word) and word not in self.files:
                raise Fault(
                    "install",
                    f"the snapshot has no file {word}; a lock's exports are made by: course lock",
                )
        try:
            repository = self.chain.repository
            return environments.ensure(repository, commands, self.files, log, remedy)
        except CourseError as error:
            said = tail(log)
            detail = f" {said}" if said else ""
            raise Fault("install", f"{error.problem}{detail} {error.remedy}", log) from None

    def content(self, check: str) -> str:
        """Return what identifies all that a check reads of the snapshot."""
        patterns = reading.unread(self.link.step, check)
        with self._lock:
            if patterns not in self._contents:
                entries = self.chain.entries(self.link)
                self._contents[patterns] = reading.content(reading.read(entries, patterns))
            return self._contents[patterns]

    @property
    def apart(self) -> list[str]:
        """The files with tests that run apart from the others."""
        return reading.apart(self.link.step, self.chain.entries(self.link))

    def place(
        self, code: Link | None = None, *, like: Place | None = None, check: str = ""
    ) -> Place:
        """Return a new clean copy, configured, that is a git repository of its own.

        Args:
            code: the link whose code is copied; this bench's own unless another is named. The
                environment is always this bench's own.
            check: the check that it is for: what that does not read is not there.
            like: another copy, whose rooms in backing services this one shares.

        Raises:
            Fault: of the checks ``install``, ``env`` or ``isolation``; of ``proof`` when the code
                of another link cannot be configured in this one's environment.
        """
        environment = self.environment()
        template = self._template(code or self.link, environment, check)
        folder = workspace.copy(template, self.space.new("project"))
        if like is not None:
            self.space.share(folder, like.folder)
        names = (*self.link.step.services, *(code or self.link).step.services)
        services = tuple(dict.fromkeys(names))
        return Place(folder, environment, folder.parent / "opened-outside.txt", services)

    def _template(self, code: Link, environment: Environment, check: str) -> Path:
        patterns = reading.unread(code.step, check)
        name = (self.chain.tree_of(code), environment.key, patterns)
        with self._lock:
            if name not in self._templates:
                folder = self.space.new("project", keep=True)
                entries = reading.read(self.chain.entries(code), patterns)
                workspace.write_entries(self.chain.store, entries, folder)
                workspace.make_repository(folder)
                place = Place(folder, environment, folder.parent / "opened-outside.txt")
                own = code is self.link
                log = self.log("env" if own else "env-before")
                with inside(place, log):
                    self.commands("env" if own else "proof", code.step.commands.env, place, log)
                self._templates[name] = folder
            return self._templates[name]

    def provide(self, place: Place) -> None:
        """Give a copy the packages of npm that the link's tests need.

        Raises:
            CourseError: as `npm.provide` has it.
        """
        projects = self.link.step.settings.npm
        programs = place.environment.programs
        npm.provide(self.chain.repository, place.folder, projects, programs)

    def clear(self) -> None:
        """Take away what copies are made from; the next copy makes it again."""
        with self._lock:
            for folder in self._templates.values():
                workspace.remove(folder.parent)
            self._templates.clear()

    def variables(self, place: Place, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment variables of a command in a copy.

        Raises:
            CourseError: when a server that the copy needs is missing here, or does not start.
        """
        repository = self.chain.repository
        root = str(repository.root)
        bounds = [
            str(place.audit),
            str(place.folder),
            sys.prefix,
            root,
            f"!{repository.state}",
            f"!{repository.root / '.venv'}",
            # Poetry, which linters may be called through, looks where the tool itself lies.
            f"!{_AUDIT.parent.parent}",
            str(self.space.folder),
            f"!{place.temporary}",
        ]
        place.temporary.mkdir(parents=True, exist_ok=True)
        found = environments.variables(repository, place.environment)
        found |= {
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(place.temporary)),
            **environments.PRINTING,
            "PYTHONPATH": str(_AUDIT),
            "PYTHONFAULTHANDLER": "1",
            "COURSE_AUDIT": "\n".join(bounds),
        }
        if place.services:
            found |= self.space.room(place.folder, place.services, self.chain.course.told)
        return found | dict(extra or {})

    def execute(
        self,
        command: Command,
        place: Place,
        log: Path,
        timeout: float | None = None,
        watch: Callable[[], bool] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run one command in a copy; its output is appended to the log.

        Args:
            command: the command.
            place: the copy.
            log: where its output goes.
            timeout: seconds that it may take; those of the catalogue unless given.
            watch: as `processes.run` has it.
            extra: environment variables beside its own.

        Raises:
            FileNotFoundError: when its program is nowhere on the path.
        """
        env = self.variables(place, dict(extra or {}) | dict(command.variables))
        program = find_program(command.words[0], place, env)
        with log.open("ab") as output:
            output.write(f"$ {command}\n".encode())
            output.flush()
            return processes.run(
                [program, *command.words[1:]],
                cwd=place.folder,
                env=env,
                timeout=timeout or self.link.step.settings.timeout,
                log=output,
                explain=True,
                watch=watch,
            )

    def commands(
        self, check: str, commands: Iterable[Command], place: Place, log: Path
    ) -> list[dict[str, str]]:
        """Run the commands of a check, one after the other.

        Returns:
            What each printed, as `printed.record` has it.

        Raises:
            Fault: of that check, when a command fails or does not end in time.
        """
        said = []
        for command in commands:
            start = log.stat().st_size
            try:
                done = self.execute(command.fill(host=HOST), place, log)
            except FileNotFoundError as error:
                raise Fault(check, no_program(command, error.args[0]), log) from None
            if done.timed_out or done.code:
                raise Fault(check, self.failure(command, done, place, log, start), log)
            said.append(printed.record(command, log, start, place.folder))
        return said

    @property
    def prepared_key(self) -> str:
        """What the database depends on that the step's own commands make and fill."""
        step = self.link.step
        return memory.key(
            "prepared",
            self.content("migrate"),
            self.environment_key,
            step.commands.env,
            step.commands.migrate,
            step.commands.demo,
            rooms.identity(step.services, self.chain.course.told),
        )

    def prepare(self, check: str, place: Place, log: Path, *, believe: bool = True) -> None:
        """Make the database of a fresh copy, with the demo data, or take what was kept of that.

        Raises:
            Fault: of that check, when a command fails.
        """
        commands = (*self.link.step.commands.migrate, *self.link.step.commands.demo)
        self.variables(place)  # from here on, it has its room
        addresses = self.space.addresses(place.folder)

        def run() -> None:
            self.commands(check, commands, place, log)

        repository = self.chain.repository
        key = self.prepared_key
        if prepared.prepare(repository, key, place.folder, addresses, run, believe=believe):
            said = "".join(f"$ {command}\n(kept of an earlier run)\n" for command in commands)
            with log.open("ab") as output:
                output.write(said.encode())

    def failure(self, command: Command, done: Finished, place: Place, log: Path, start: int) -> str:
        """Say in a line why a command failed in a copy; see `reason.failure`."""
        return failure(command, done, log, start, place.folder, self.chain.course.remedies)


def find_program(name: str, place: Place, env: Mapping[str, str]) -> str:
    """Return the path of a program: of the copy itself if it has a folder, else on the path.

    Raises:
        FileNotFoundError: when it is not there.
    """
    inside_copy = os.path.dirname(name) != ""
    found = shutil.which(str(place.folder / name) if inside_copy else name, path=env["PATH"])
    if found is None:
        raise FileNotFoundError(name)
    return found


def opened_outside(place: Place) -> str:
    """Say which files a copy's programs opened outside of it; ``""`` when none."""
    try:
        text = os.fsdecode(place.audit.read_bytes())
    except FileNotFoundError:
        return ""
    lines = sorted(set(text.splitlines()) - {""})
    copies = place.folder.parent.parent
    names = ", ".join(
        os.path.relpath(line, place.folder) if Path(line).is_relative_to(copies) else line
        for line in lines[:3]
    )
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return (
        f"the snapshot opens {names}{more}, outside its own folder;"
        " bring the file into the snapshot, or leave it out"
    )


@contextmanager
def inside(place: Place, log: Path) -> Iterator[None]:
    """See that what runs in a copy meanwhile stays inside it.

    A command that fails because what it reaches for is not there is told apart from one that is
    wrong in itself.

    Raises:
        Fault: of the check ``isolation``.
    """
    try:
        yield
    except Fault:
        outside = opened_outside(place)
        if outside:
            raise Fault("isolation", outside, log) from None
        raise
    outside = opened_outside(place)
    if outside:
        raise Fault("isolation", outside, log)


def free_port() -> int:
    """Return a port that is free on this machine now, and that no earlier call returned."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port
