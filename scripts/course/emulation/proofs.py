"""The six proofs of a deployed stack, in order: their time-outs, and what is not proven.

The stack is deployed by the real CLI. Its tasks, its database and its cache are real containers,
and while one version takes the place of another, visitors ask for its pages without a pause.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from course import processes, workspace
from course.catalogue import BadVersion, Command, Deployment
from course.chain import Chain, Link
from course.containers import engine
from course.containers.engine import Engine
from course.emulation import front, image
from course.emulation.emulator import ACCOUNT, REGION, Emulator
from course.emulation.failure_logs import emulated, run_logged
from course.emulation.load import Load, visitors
from course.emulation.state import State
from course.emulation.versions import Copy
from course.emulation.waiting import Patience, pause
from course.install import environments
from course.planted_faults import Wrong, ending
from course.workspace import Workspace

# What one command may take: to build an image, and to replace three services one after the other.
_TIMEOUT = 600.0
# So long visitors go on when a deployment has ended: tasks of the other version still stop then.
_AFTER = 6.0
_SETTLE_TIMEOUT = 90.0
_PAUSE = 1.0
# What AWS has for a stack that was sent back, or a deployment that was.
_BACK = re.compile("UPDATE_ROLLBACK_COMPLETE$")
# What an emulation on one machine cannot show. It is printed with every result.
NOT_PROVEN = (
    "IAM, security groups and subnets: nothing is enforced",
    "TLS and DNS",
    "the session of ECS Exec",
    "Fargate itself, and ARM",
    "prices",
)


@dataclass(frozen=True)
class Proof:
    """What was seen.

    Attributes:
        title: what is proven.
        said: with which figures, in one line.
    """

    title: str
    said: str


Tell = Callable[[Proof], None]


def prove(
    chain: Chain, found: Engine, space: Workspace, link: Link, deployment: Deployment, tell: Tell
) -> None:
    """Deploy a snapshot, replace it, and take it away.

    Args:
        chain: the course.
        found: the engine.
        space: where the copy is made.
        link: the snapshot.
        deployment: how it is deployed.
        tell: is told of each proof as soon as it is there.

    Raises:
        Wrong: when something is not as it should be.
        Unavailable: when this machine lacks a program, or its engine is elsewhere.
        CourseError: when the step's environment, or the emulation, cannot be made.
    """
    repository = chain.repository
    log = repository.state_folder("logs") / f"deploy-emulated-{link.name}.log"
    log.write_bytes(b"")
    programs = image.cdk(repository)
    install, entries = link.step.commands.install, chain.entries(link)
    files = environments.files_named(chain.store, entries, install)
    made = environments.ensure(repository, install, files, log.with_suffix(".install.log"))
    copy = Copy(space.new(link.step.slug), log)
    workspace.write_entries(chain.store, entries, copy.folder)
    workspace.make_repository(copy.folder)
    with ExitStack() as stack:
        emulator = stack.enter_context(emulated(found, space, deployment, log))
        url = stack.enter_context(front.door(emulator.port, deployment.host))
        env = environments.variables(repository, made)
        env |= {**engine.variables(), **emulator.variables}
        env["PATH"] = f"{programs}:{env['PATH']}"
        home = space.new("cdk-home")
        home.mkdir()
        env["CDK_HOME"] = str(home)
        addresses = {"url": url, **emulator.companions}
        env |= {name: text.format(**addresses) for name, text in deployment.variables.items()}
        Runner(emulator, deployment, copy, env, tell).prove()


@dataclass
class Runner:
    """Carries out the proofs, one after the other, in one emulated AWS.

    Attributes:
        emulator: the emulated AWS.
        deployment: what is deployed.
        copy: the snapshot.
        env: the environment of the commands.
        tell: is told of each proof.
        bootstrapped: what was left in the account before the first deployment.
    """

    emulator: Emulator
    deployment: Deployment
    copy: Copy
    env: Mapping[str, str]
    tell: Tell
    bootstrapped: Mapping[str, list[str]] = field(default_factory=dict)

    def prove(self) -> None:
        """Carry out all six.

        Raises:
            Wrong: when one fails; those after it would mean nothing.
        """
        bootstrap = Command.parse(f"cdk bootstrap aws://{ACCOUNT}/{REGION}")
        # Beside the copy, where it finds no application to ask for its environments.
        seconds = self._succeed("bootstrap", bootstrap, Path(self.env["CDK_HOME"]))
        self.bootstrapped = self.emulator.left()
        self.copy.change(self.deployment.first)
        self._first(seconds)
        self._second()
        self._failing_migration()
        self._dying()
        self._work()
        self._destroy()

    def _first(self, bootstrap: float) -> None:
        seconds = self._succeed("the first deployment", self.deployment.deploy)
        state = self._patience.settled()
        if not state.alone:
            raise self._wrong("no task ran by itself: where are the migrations?")
        failed = [task for task in state.alone if task.code != 0]
        if failed:
            raise self._wrong(f"a task by itself ended with {failed[0].code}: {failed[0].reason}")
        ended = max(task.stopped or float("inf") for task in state.alone)
        begun = min(task.created for task in state.tasks if task.service)
        if ended > begun:
            raise self._wrong(
                f"a service started {ended - begun:.1f} s before the migrations had ended."
            )
        visit = self._succeed("to publish", self.deployment.publish)
        self.tell(
            Proof(
                "first deployment",
                f"bootstrap {bootstrap:.0f} s, deployment {seconds:.0f} s; the migrations ended"
                f" {begun - ended:.1f} s before any service started;"
                f" published through the load balancer in {visit:.1f} s",
            )
        )

    def _second(self) -> None:
        before, second = self._patience.settled(), self.deployment.second
        self.copy.change(second.changes)
        with self._visited() as load:
            seconds = self._succeed("the second version", self.deployment.deploy)
        state = self._patience.settled()
        same = [name for name, used in state.images.items() if before.images[name] == used]
        if same:
            raise self._wrong(f"the second version is not there: {', '.join(same)}")
        self._shows(second.page, second.text)
        self.tell(Proof("second version under load", f"{seconds:.0f} s; {load}"))

    def _failing_migration(self) -> None:
        before = self._patience.settled()
        version = self.deployment.failing_migration
        with self._visited() as load:
            seconds = self._fail("the failing migration", version)
        state = self._patience.settled()
        if state.running != before.running:
            raise self._wrong("a migration failed, and yet tasks of the services were replaced.")
        self._rolled_back(state)
        self.tell(
            Proof(
                "failing migration",
                f"the deployment failed after {seconds:.0f} s, and the {len(state.running)} running"
                f" tasks are the same; {load}",
            )
        )

    def _dying(self) -> None:
        before, version = self._patience.settled(), self.deployment.dying
        with self._visited() as load:
            seconds = self._fail("the version that dies", version)
        state = self._patience.settled()
        if state.images != before.images:
            raise self._wrong("a version died, and the services do not run the one before.")
        self._rolled_back(state)
        self._shows(self.deployment.second.page, self.deployment.second.text)
        self.tell(
            Proof(
                "version that dies when it starts",
                f"circuit breaker, and rolled back after {seconds:.0f} s; {load}",
            )
        )

    def _work(self) -> None:
        seconds = self._succeed("the work", self.deployment.work)
        wanted = {name: re.compile(text) for name, text in self.deployment.logs.items()}
        missing = list(wanted)

        def found() -> bool:
            lines = self.emulator.logs()
            missing[:] = [
                name
                for name, pattern in wanted.items()
                if not any(s.startswith(name) and pattern.search(line) for s, line in lines)
            ]
            return not missing

        if not self._patience.until(found):
            name = missing[0]
            raise self._wrong(f"no line of the logs of {name} fits {wanted[name].pattern!r}.")
        logged = f"; in the logs: {', '.join(wanted)}" if wanted else ""
        self.tell(Proof("worker and beat", f"done in {seconds:.1f} s{logged}"))

    def _destroy(self) -> None:
        seconds = self._succeed("to destroy", self.deployment.destroy)
        self._patience.gone("after the stack was destroyed", self.bootstrapped)
        self.tell(Proof("destroy", f"{seconds:.0f} s; nothing is left but what there was before"))

    @contextmanager
    def _visited(self) -> Iterator[Load]:
        """Let visitors ask for pages during a block, and a little longer.

        Raises:
            Wrong: when a request fails.
        """
        host, paths = self.deployment.host, self.deployment.paths
        with visitors(self.emulator.port, host, paths) as load:
            yield load
            self._wait(_AFTER)
        if load.failures:
            first = load.failures[0]
            raise self._wrong(f"visitors were disturbed: {load}; the first: {first}")

    def _fail(self, what: str, version: BadVersion) -> float:
        """Deploy a version that must fail; return the seconds.

        Raises:
            Wrong: when it does not, or fails for another reason.
        """
        with self.copy.changed(version.changes):
            done = self._run(what, self.deployment.deploy)
        if not done.code:
            raise self._wrong(f"{what} was deployed, and should have failed.")
        # The CLI breaks long lines where it likes.
        if " ".join(version.says.split()) not in " ".join(click.unstyle(done.text).split()):
            raise self._wrong(f"{what} failed, but for another reason: {ending(done)}")
        return done.seconds

    def _succeed(self, what: str, command: Command, folder: Path | None = None) -> float:
        done = self._run(what, command, folder)
        if done.timed_out:
            raise self._wrong(f"{what} was not done after {_TIMEOUT / 60:.0f} minutes.")
        if done.code:
            raise self._wrong(f"{what} failed: {ending(done)}")
        return done.seconds

    def _run(self, what: str, command: Command, folder: Path | None = None) -> processes.Finished:
        env = {**self.env, **dict(command.variables)}
        program = shutil.which(command.words[0], path=env["PATH"])
        if program is None:
            raise self._wrong(f"there is no program {command.words[0]}.")
        argv = [program, *command.fill(aws=self.emulator.inside).words[1:]]
        title = f"── {what}\n$ {command}"
        return run_logged(self.copy.log, title, argv, folder or self.copy.folder, env, _TIMEOUT)

    def _rolled_back(self, state: State) -> None:
        if not any(_BACK.search(status) for status in state.stacks.values()):
            raise self._wrong(f"no stack was rolled back: {dict(state.stacks)}")

    def _shows(self, page: str, text: str) -> None:
        content = front.page(self.emulator.port, self.deployment.host, page)
        if text not in content:
            raise self._wrong(f"{page} does not show {text!r}.")

    @property
    def _patience(self) -> Patience:
        return Patience(self.emulator, self.copy.log, _SETTLE_TIMEOUT, _PAUSE)

    def _wait(self, seconds: float) -> None:
        pause(seconds)

    def _wrong(self, message: str) -> Wrong:
        return Wrong(message, self.copy.log)
