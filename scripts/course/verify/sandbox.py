"""How a step's commands run: variables, ports, and which files outside the copy are forbidden."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course import names, ports, processes
from course.catalogue import Command
from course.chain import Chain, Link
from course.install import environments, npm
from course.install.environments import Environment
from course.processes import Finished
from course.verify import kept_output
from course.verify.failure_reason import failure, no_program
from course.verify.outcome import Fault
from course.workspace import Workspace

_AUDIT = Path(__file__).resolve().parent.parent / "audit"
HOST = ports.HOST
_given_ports: set[int] = set()


@dataclass(frozen=True)
class Place:
    """A clean copy, and the environment that its commands run in.

    Attributes:
        chain: the chain.
        link: the link whose commands run here.
        space: where the copy is, and has its rooms in services.
        folder: the copy.
        environment: the environment.
        services: the backing services in which it has a room of its own, from its first command on.
    """

    chain: Chain
    link: Link
    space: Workspace
    folder: Path
    environment: Environment
    services: tuple[str, ...] = ()

    @property
    def audit(self) -> Path:
        """The file that names what was opened outside the copy."""
        return self.folder.parent / "opened-outside.txt"

    @property
    def temporary(self) -> Path:
        """Where its programs put temporary files, so that no other run's tidying takes them away.

        It is beside the copy, and goes with it.
        """
        return self.folder.parent / "tmp"

    def provide(self) -> None:
        """Give the copy the packages of npm that the link's tests need.

        Raises:
            CourseError: as `npm.provide` has it.
        """
        projects, programs = self.link.step.settings.npm, self.environment.programs
        npm.provide(self.chain.repository, self.folder, projects, programs)

    def variables(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment variables of a command.

        Raises:
            CourseError: when a server that the copy needs is missing here, or does not start.
        """
        repository = self.chain.repository
        root = str(repository.root)
        bounds = [
            str(self.audit),
            str(self.folder),
            sys.prefix,
            root,
            f"!{repository.state}",
            f"!{repository.root / '.venv'}",
            # Poetry, which linters may be called through, looks where the tool itself lies.
            f"!{_AUDIT.parent.parent}",
            str(self.space.folder),
            f"!{self.temporary}",
        ]
        self.temporary.mkdir(parents=True, exist_ok=True)
        found = environments.variables(repository, self.environment)
        found |= {
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary)),
            **environments.PRINTING,
            "PYTHONPATH": str(_AUDIT),
            "PYTHONFAULTHANDLER": "1",
            "COURSE_AUDIT": "\n".join(bounds),
        }
        if self.services:
            found |= self.space.room(self.folder, self.services, self.chain.course.told)
        return found | dict(extra or {})

    def program(self, name: str, env: Mapping[str, str]) -> str:
        """Return the path of a program: of the copy itself if it has a folder, else on the path.

        Raises:
            FileNotFoundError: when it is not there.
        """
        inside_copy = os.path.dirname(name) != ""
        found = shutil.which(str(self.folder / name) if inside_copy else name, path=env["PATH"])
        if found is None:
            raise FileNotFoundError(name)
        return found

    def execute(
        self,
        command: Command,
        log: Path,
        timeout: float | None = None,
        watch: Callable[[], bool] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run one command; its output is appended to the log.

        Args:
            command: the command.
            log: where its output goes.
            timeout: seconds that it may take; those of the catalogue unless given.
            watch: as `processes.run` has it.
            extra: environment variables beside its own.

        Raises:
            FileNotFoundError: when its program is nowhere on the path.
        """
        env = self.variables(dict(extra or {}) | dict(command.variables))
        program = self.program(command.words[0], env)
        with log.open("ab") as output:
            output.write(f"$ {command}\n".encode())
            output.flush()
            return processes.run(
                [program, *command.words[1:]],
                cwd=self.folder,
                env=env,
                timeout=timeout or self.link.step.settings.timeout,
                log=output,
                explain=True,
                watch=watch,
            )

    def commands(self, check: str, commands: Iterable[Command], log: Path) -> list[dict[str, str]]:
        """Run the commands of a check, one after the other.

        Returns:
            What each printed, as `kept_output.record` has it.

        Raises:
            Fault: of that check, when a command fails or does not end in time.
        """
        said = []
        for command in commands:
            start = log.stat().st_size
            try:
                done = self.execute(command.fill(host=HOST), log)
            except FileNotFoundError as error:
                raise Fault(check, no_program(command, error.args[0]), log) from None
            if done.timed_out or done.code:
                raise Fault(check, self.failure(command, done, log, start), log)
            said.append(kept_output.record(command, log, start, self.folder))
        return said

    def failure(self, command: Command, done: Finished, log: Path, start: int) -> str:
        """Say in a line why a command failed; see `failure_reason.failure`."""
        return failure(command, done, log, start, self.folder, self.chain.course.remedies)

    @contextmanager
    def kept_inside(self, log: Path) -> Iterator[None]:
        """See that what runs in the copy meanwhile stays inside it.

        A command that fails because what it reaches for is not there is told apart from one that is
        wrong in itself.

        Raises:
            Fault: of the check ``isolation``.
        """
        try:
            yield
        except Fault:
            if outside := self._opened_outside():
                raise Fault("isolation", outside, log) from None
            raise
        if outside := self._opened_outside():
            raise Fault("isolation", outside, log)

    def _opened_outside(self) -> str:
        """Say which files the copy's programs opened outside of it; ``""`` when none."""
        try:
            text = os.fsdecode(self.audit.read_bytes())
        except FileNotFoundError:
            return ""
        lines = sorted(set(text.splitlines()) - {""})
        copies = self.folder.parent.parent
        shown = ", ".join(
            os.path.relpath(line, self.folder) if Path(line).is_relative_to(copies) else line
            for line in lines[:3]
        )
        return (
            f"the snapshot opens {shown}{names.more(len(lines) - 3)}, outside its own folder;"
            " bring the file into the snapshot, or leave it out"
        )


def free_port() -> int:
    """Return a port that is free on this machine now, and that no earlier call returned."""
    while True:
        port = ports.any_port()
        if port not in _given_ports:
            _given_ports.add(port)
            return port
