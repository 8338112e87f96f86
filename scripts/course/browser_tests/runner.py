"""A snapshot's browser tests, really run: green as it is, and red with each planted fault.

Tests that nobody has seen fail prove nothing: they may look at another page, or at nothing. So the
application is started once as it is, and once more with each fault of the catalogue; each time it
is a new copy, with services of its own and an empty database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from subprocess import Popen

import click

from course import processes
from course.browser_tests import cypress
from course.catalogue import BrowserTests, Command, Planted
from course.chain import Chain, Link
from course.install.npm import variables as npm_variables
from course.planted_faults import Wrong, last_lines, plant, seen_to_fail
from course.readiness import await_answer
from course.verify.inputs import Inputs
from course.verify.outcome import Fault
from course.verify.sandbox import HOST, Place, free_port
from course.verify.workbench import Bench
from course.workspace import Workspace

_SHOWN = 25


@dataclass(frozen=True)
class Runner:
    """Runs the browser tests of snapshots on this machine.

    Attributes:
        chain: the course.
        space: where the copies are made.
    """

    chain: Chain
    space: Workspace

    def prove(self, link: Link, tests: BrowserTests) -> dict[str, float]:
        """Run the tests as the snapshot is, and with each planted fault.

        Returns:
            The seconds of the first run, ``green``, and of all others together, ``red``.

        Raises:
            Wrong: when the tests fail as it is, or pass with a fault.
            CourseError: when a program or a service cannot be had here, or be installed.
        """
        program = cypress.for_link(self.chain, link, tests.folder)
        bench = Bench(Inputs(self.chain, link), self.space)
        try:
            run, log = partial(self._run, bench, tests, program), partial(self._log, link)
            return seen_to_fail(run, log, tests.planted, ("they fail", "they pass"), _ending)
        finally:
            bench.clear()

    def _run(
        self,
        bench: Bench,
        tests: BrowserTests,
        program: cypress.Cypress,
        fault: Planted | None,
        log: Path,
    ) -> processes.Finished:
        """Serve a new copy, with the fault if there is one, and run the tests on it."""
        with self.space.briefly(), log.open("wb") as output:
            try:
                place = bench.place()
                services = dict.fromkeys((*place.services, *tests.services))
                place = dataclasses.replace(place, services=tuple(services))
                if fault is not None:
                    plant(fault, place.folder, log)
                program.link(place.folder / tests.folder)
                url = f"http://{HOST}:{free_port()}"
                told = {name: text.format(url=url) for name, text in tests.variables.items()}
                with _served(place, url, told, log):
                    command = (fault and fault.command) or tests.command
                    env = npm_variables() | place.variables(told)
                    env |= {
                        **program.variables,
                        **dict(command.variables),
                        "HOME": str(place.temporary),
                    }
                    env |= {"CI": "1", "NO_COLOR": "1"}
                    argv = [place.program(command.words[0], env), *command.words[1:]]
                    timeout = place.link.step.settings.timeout
                    done = processes.run(argv, cwd=place.folder, env=env, timeout=timeout)
            except FileNotFoundError as error:
                raise Wrong(f"there is no program {error.args[0]}.", log) from None
            except Fault as problem:
                raise Wrong(problem.message, problem.log or log) from None
            output.write(done.output)
            if trouble := self.space.trouble():
                raise Wrong(trouble, log)
            if done.timed_out:
                raise Wrong(f"they were not done after {timeout / 60:.0f} minutes.", log)
            return done

    def _log(self, link: Link, name: str) -> Path:
        return self.chain.repository.state_folder("logs") / f"browser-tests-{link.name}-{name}.log"


@contextmanager
def _served(place: Place, url: str, told: Mapping[str, str], log: Path) -> Iterator[None]:
    """Serve a copy at an address for a while, with what runs beside the server."""
    step, server_log = place.link.step, log.with_name(f"{log.stem}-server.log")
    server_log.write_bytes(b"")
    for command in step.commands.migrate:
        place.commands("migrate", [_with(command, told)], server_log)
    port = url.rpartition(":")[2]
    with ExitStack() as stack, server_log.open("ab") as output:

        def start(command: Command) -> Popen[bytes]:
            env = place.variables({**told, **dict(command.variables)})
            argv = [place.program(command.words[0], env), *command.words[1:]]
            child = processes.start(argv, cwd=place.folder, env=env, stdout=output)
            stack.callback(processes.end, child)
            return child

        server = start(step.commands.serve[0].fill(host=HOST, port=port))
        problem = await_answer(server, url + step.settings.url, step.settings.start_timeout)
        if problem:
            raise Wrong(f"the server does not run: {problem}", server_log)
        for command in step.commands.beside:
            start(command)
        yield


def _with(command: Command, variables: Mapping[str, str]) -> Command:
    return Command(command.words, (*variables.items(), *command.variables))


def _ending(done: processes.Finished) -> str:
    """Return the last lines that say something: Cypress draws its results in boxes at the end."""
    lines = (line.rstrip() for line in click.unstyle(done.text).splitlines())
    return last_lines(takewhile(lambda line: "(Results)" not in line, lines), _SHOWN)
