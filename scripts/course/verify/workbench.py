"""Where the checks of one step run: clean copies, with its packages, its database and its logs."""

from __future__ import annotations

import threading
from pathlib import Path

from course import workspace
from course.cache import prepared_copies
from course.chain import Link
from course.errors import CourseError
from course.install import environments
from course.install.environments import Environment
from course.verify.failure_reason import tail
from course.verify.inputs import Inputs, read, unread
from course.verify.outcome import Fault
from course.verify.sandbox import Place
from course.workspace import Workspace


class Bench:
    """Makes the copies in which the checks of one link run.

    Args:
        inputs: what their results depend on.
        space: where copies are made.
    """

    def __init__(self, inputs: Inputs, space: Workspace) -> None:
        self.inputs = inputs
        self.chain = inputs.chain
        self.link = inputs.link
        self.space = space
        self._lock = threading.RLock()
        self._templates: dict[tuple[str, str, tuple[str, ...]], Path] = {}

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

    def environment(self, remedy: str = "") -> Environment:
        """Return the link's environment, made if it is missing.

        Args:
            remedy: what fixes a failure that is not the machine's; else that of a maintainer.

        Raises:
            Fault: of the check ``install``.
        """
        log = self.logs / "install.log"
        commands = self.link.step.commands.install
        for name in environments.files_missing(commands, self.inputs.files):
            raise Fault(
                "install",
                f"the snapshot has no file {name}; a lock's exports are made by: course lock",
            )
        try:
            repository = self.chain.repository
            return environments.ensure(repository, commands, self.inputs.files, log, remedy)
        except CourseError as error:
            said = tail(log)
            detail = f" {said}" if said else ""
            raise Fault("install", f"{error.problem}{detail} {error.remedy}", log) from None

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
        return self.at(folder, environment, services)

    def at(self, folder: Path, environment: Environment, services: tuple[str, ...] = ()) -> Place:
        """Return a copy as the place where commands of the link run."""
        return Place(self.chain, self.link, self.space, folder, environment, services)

    def _template(self, code: Link, environment: Environment, check: str) -> Path:
        patterns = unread(code.step, check)
        name = (self.chain.tree_of(code), environment.key, patterns)
        with self._lock:
            if name not in self._templates:
                folder = self.space.new("project", keep=True)
                entries = read(self.chain.entries(code), patterns)
                workspace.write_entries(self.chain.store, entries, folder)
                workspace.make_repository(folder)
                place = self.at(folder, environment)
                own = code is self.link
                log = self.log("env" if own else "env-before")
                with place.kept_inside(log):
                    place.commands("env" if own else "proof", code.step.commands.env, log)
                self._templates[name] = folder
            return self._templates[name]

    def clear(self) -> None:
        """Take away what copies are made from; the next copy makes it again."""
        with self._lock:
            for folder in self._templates.values():
                workspace.remove(folder.parent)
            self._templates.clear()

    def prepare(self, check: str, place: Place, log: Path, *, believe: bool = True) -> None:
        """Make the database of a fresh copy, with the demo data, or take what was kept of that.

        Raises:
            Fault: of that check, when a command fails.
        """
        commands = (*self.link.step.commands.migrate, *self.link.step.commands.demo)
        place.variables()  # from here on, it has its room
        addresses = self.space.addresses(place.folder)

        def run() -> None:
            place.commands(check, commands, log)

        repository = self.chain.repository
        key = self.inputs.prepared_key
        if prepared_copies.prepare(repository, key, place.folder, addresses, run, believe=believe):
            said = "".join(f"$ {command}\n(kept of an earlier run)\n" for command in commands)
            with log.open("ab") as output:
                output.write(said.encode())
