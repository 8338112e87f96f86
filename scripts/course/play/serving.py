"""The playground, served like a step: from a mirror of its own, with a database of its own.

The playground lies between two steps. What is run is what the next one runs; of that, what the
step it began from does not know yet may fail, and is only noted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from course import console
from course.catalogue import Command, CommandTable
from course.chain import Link
from course.errors import CourseError
from course.git import Entry
from course.install.environments import Environment
from course.play.backing_services import learners_room
from course.play.folder import NAME, Playground
from course.serve.step_server import Running, Stage
from course.services.private_servers import Room

# Its port is 8000 and this; no course has as many steps.
_NUMBER = 80


@dataclass(frozen=True)
class _Own(Link):
    """The playground as a link, for those who run links."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def label(self) -> str:
        return NAME

    @property
    def folder(self) -> str:
        return NAME


class PlaygroundStage(Stage):
    """The place of the playground under the tool's state.

    Args:
        playground: the playground.
    """

    def __init__(self, playground: Playground) -> None:
        step = (playground.aim or playground.begun or playground.chain.links[0]).step
        super().__init__(playground.chain, _Own(0, _NUMBER, step))
        self.playground = playground
        self.folder = playground.chain.repository.state_folder("run") / NAME
        self.mirror = self.folder / "project"
        self.log = self.folder / "run.log"
        begun = playground.begun
        self._before = begun.step.commands if begun else CommandTable()
        self._environment: Environment | None = None

    @property
    def remedy(self) -> str:
        return "course check"

    def entries(self) -> dict[str, Entry]:
        # What is read of it is kept, so that a new look needs a new one.
        self.playground = replace(self.playground)
        return self.playground.entries

    def install(self, entries: dict[str, Entry]) -> tuple[Command, ...]:
        wanted = super().install(entries)
        missing = self._missing(wanted, entries)
        if not missing:
            return wanted
        if self.playground.begun and not self._missing(self._before.install, entries):
            return self._before.install
        raise CourseError(
            f"{NAME}/ has no {missing}, from which its packages are installed.", "course hint"
        )

    def open_room(self) -> Room:
        return learners_room(self.chain, self.link.step.services, NAME)

    def _missing(self, commands: tuple[Command, ...], entries: dict[str, Entry]) -> str:
        """Return a file that commands name, and that steps have but the playground has not."""
        links = [link for link in (self.playground.begun, self.playground.aim) if link]
        known = {path for link in links for path in self.chain.entries(link)}
        words = [word for command in commands for word in command.words]
        return next((word for word in words if word in known and word not in entries), "")

    def prepare(self, tell: Callable[[str], None]) -> Environment:
        self._environment = super().prepare(tell)
        return self._environment

    def _run(self, environment: Environment, commands: tuple[Command, ...]) -> bool:
        before = self._before
        known = (*before.env, *before.migrate, *before.demo)
        done = True
        for command in commands:
            try:
                super()._run(environment, (command,))
            except CourseError as error:
                if command in known:
                    raise
                console.note(f"  not yet: {error.problem.removeprefix(f'{NAME}: ')}")
                done = False
        return done

    def sync(self) -> list[str]:
        before = set(self._known)
        changed = super().sync()
        # A new migration is a new file.
        if self._environment and set(self._known) - before:
            try:
                self._migrate(self._environment, self.link.step.settings.database)
            except CourseError as error:
                console.warn(error.problem)
        return changed

    def serve(
        self, environment: Environment, port: int | None, show: Callable[[str], None]
    ) -> Running:
        own = self.link.step
        try:
            return super().serve(environment, port, show)
        except CourseError as error:
            if self._before.serve in ((), own.commands.serve):
                raise
            console.note(f"  not yet: {error.problem.removeprefix(f'{NAME}: ')}")
        commands = own.commands.model_copy(update={"serve": self._before.serve})
        self.link = replace(self.link, step=own.model_copy(update={"commands": commands}))
        return super().serve(environment, port, show)
