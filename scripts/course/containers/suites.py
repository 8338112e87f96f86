"""A snapshot's own checks of its containers: green as it is, and red with each planted fault.

A check that nobody has seen fail proves nothing. So it runs in a clean copy, and once more for each
fault that the catalogue names, in a copy that has it.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from course import processes, workspace
from course.browser_tests import cypress
from course.catalogue import Command, ContainerCheck, Planted
from course.chain import Chain, Link
from course.containers import engine
from course.containers.engine import Engine
from course.install import environments
from course.install.npm import variables as npm_variables
from course.planted_faults import Wrong, ending, plant, seen_to_fail
from course.verify.sandbox import free_port
from course.workspace import Workspace

# How the names of all that a check makes in the engine begin, before the name of the run.
PREFIX = "course-"
# A whole application is built, started, and looked at under load.
_TIMEOUT = 1800.0


@dataclass(frozen=True)
class Runner:
    """Runs the checks of snapshots in containers of this machine.

    Attributes:
        chain: the course.
        engine: where the checks get their containers.
        space: where the copies are made.
    """

    chain: Chain
    engine: Engine
    space: Workspace

    def prove(self, link: Link, check: ContainerCheck) -> dict[str, float]:
        """Run a check as it is and with each fault, and return the seconds: ``green``, ``red``.

        Raises:
            Wrong: when it fails as it is, or passes with a fault.
            CourseError: when the step's environment cannot be made.
        """
        self.engine.forget_killed(PREFIX)
        run, log = partial(self._run, link, check), partial(self._log, link, check)
        return seen_to_fail(run, log, check.planted)

    def _run(
        self, link: Link, check: ContainerCheck, fault: Planted | None, log: Path
    ) -> processes.Finished:
        """Run it in a copy of the snapshot. What was printed is kept in the log."""
        repository = self.chain.repository
        install, entries = link.step.commands.install, self.chain.entries(link)
        files = environments.files_named(self.chain.store, entries, install)
        made = environments.ensure(repository, install, files, log.with_suffix(".install.log"))
        folder = self.space.new(link.step.slug)
        workspace.write_entries(self.chain.store, entries, folder)
        if fault is not None:
            plant(fault, folder, log)
        workspace.make_repository(folder)
        project = f"{PREFIX}{processes.run_name()}-{secrets.token_hex(3)}"
        env = environments.variables(repository, made)
        env |= engine.variables()
        env |= {"COMPOSE_PROJECT_NAME": project, "PYTHONDONTWRITEBYTECODE": "1"}
        ports = {name: str(free_port()) for name in check.ports}
        env |= ports | {name: text.format(**ports) for name, text in check.variables.items()}
        if check.browser:
            program = cypress.for_link(self.chain, link, check.browser)
            program.link(folder / check.browser)
            env = {**npm_variables(), **env, **program.variables, "CI": "1", "NO_COLOR": "1"}
        for preparation in link.step.commands.env:
            done = self._command(preparation, folder, env)
            if done.code:
                raise Wrong(f"`{preparation}` fails: {ending(done)}", log)
        with self.engine.swept(project):
            done = self._command((fault and fault.command) or check.command, folder, env)
        log.write_bytes(done.output)
        if done.timed_out:
            raise Wrong(f"it was not done after {_TIMEOUT / 60:.0f} minutes.", log)
        return done

    def _command(self, command: Command, folder: Path, env: dict[str, str]) -> processes.Finished:
        env = env | dict(command.variables)
        program = shutil.which(command.words[0], path=env["PATH"]) or command.words[0]
        argv = [program, *command.words[1:]]
        try:
            return processes.run(argv, cwd=folder, env=env, timeout=_TIMEOUT)
        except OSError as error:
            return processes.Finished(127, f"cannot start {program}: {error}\n".encode(), 0.0)

    def _log(self, link: Link, check: ContainerCheck, colour: str) -> Path:
        folder = self.chain.repository.state_folder("logs")
        number = link.step.containers.index(check) + 1
        log = folder / f"containers-{link.name}-{number}-{colour}.log"
        log.write_bytes(b"")
        return log
