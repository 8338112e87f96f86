"""The proofs of pipelines that deploy to an emulated AWS: pushes, time-outs, what is not proven.

A pipeline that nobody has seen deploy proves little, and one that deploys whatever the tests say is
worse than none. So a branch is pushed, pushed again with a failing test, and deleted; and main goes
to where it is looked at, waits, and goes on with the same image.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click

from course import processes
from course.catalogue import Delivery, Stage
from course.chain import Chain, Link
from course.containers import engine
from course.containers.engine import Engine
from course.emulation import front, image
from course.emulation.emulator import ACCOUNT, REGION
from course.emulation.failure_logs import emulated
from course.emulation.forges import FORGES, Bench, Forge
from course.emulation.proofs import NOT_PROVEN, Proof, Tell
from course.emulation.pushes import Desk, Pushed
from course.emulation.waiting import Patience
from course.install import environments
from course.planted_faults import Wrong, ending
from course.workspace import Workspace

# How the requirements of what jobs install are called.
REQUIREMENTS = "requirements_dev.txt"
_BOOTSTRAP_TIMEOUT = 300.0
_SETTLE_TIMEOUT = 120.0
_PAUSE = 1.0
# What stands in for what, for both forges.
_STANDS_IN = (
    "Docker in Docker, and the machine of a job: the engine of this machine",
    "images of jobs: one of Debian and Python, which has what the jobs install",
    "AWS: the emulation, by AWS_ENDPOINT_URL",
    "the signed token of a job: one without a signature",
)


def not_proven(delivery: Delivery, forge: str) -> list[str]:
    """Return what a run does not show, in words."""
    return [
        *FORGES[forge].not_run,
        *delivery.shortened,
        "whether AWS trusts the token of a job",
        *NOT_PROVEN,
    ]


def stands_in(forge: str) -> list[str]:
    """Return what stands in for what, in words."""
    return [*_STANDS_IN, *FORGES[forge].stands_in]


def prove(
    chain: Chain,
    found: Engine,
    space: Workspace,
    link: Link,
    delivery: Delivery,
    forge: str,
    tell: Tell,
) -> None:
    """Push, look, approve, and delete.

    Args:
        chain: the course.
        found: the engine.
        space: where the clones are made.
        link: the snapshot.
        delivery: its pipelines.
        forge: whose pipeline is run.
        tell: is told of each proof as soon as it is there.

    Raises:
        Wrong: when something is not as it should be.
        Unavailable: when this machine lacks a program, or its engine is elsewhere.
        CourseError: when what is needed cannot be made.
    """
    repository = chain.repository
    log = repository.state_folder("logs") / f"deploy-emulated-{link.name}-{forge}.log"
    log.write_bytes(b"")
    programs = image.cdk(repository)
    desk = Desk(chain, space, link, delivery, log)
    requirements = chain.read(link, REQUIREMENTS)
    image.build_runner(found, space.new("runner"), requirements, desk.npx())
    with emulated(found, space, delivery, log) as emulator:
        bench = Bench(desk, emulator, delivery, log)
        runner = Runner(bench, FORGES[forge](bench), tell)
        runner.bootstrap(programs, space.new("cdk-home"))
        runner.prove()


@dataclass
class Runner:
    """Carries out the proofs, one after the other, in one emulated AWS.

    Attributes:
        bench: the emulated AWS, and where commits are made.
        forge: whose pipeline is run.
        tell: is told of each proof.
    """

    bench: Bench
    forge: Forge
    tell: Tell

    def bootstrap(self, programs: Path, home: Path) -> None:
        """Prepare the account, as a person does once."""
        home.mkdir()
        env = {**environments.clean_variables(), **engine.variables()}
        env |= {**self.bench.emulator.variables, "CDK_HOME": str(home)}
        env["PATH"] = f"{programs}:{env['PATH']}"
        argv = [str(programs / "cdk"), "bootstrap", f"aws://{ACCOUNT}/{REGION}"]
        done = processes.run(argv, cwd=home, env=env, timeout=_BOOTSTRAP_TIMEOUT)
        if done.code:
            raise self._wrong(f"bootstrap failed: {ending(done)}")

    def prove(self) -> None:
        """Carry out all five.

        Raises:
            Wrong: when one fails; those after it would mean nothing.
        """
        delivery = self.bench.delivery
        before = self.bench.emulator.left()
        first = self.bench.desk.push(delivery.branch, "first")
        self._branch(first)
        self._red(first)
        self._end(first, before)
        self._main(self.bench.desk.push(delivery.main, "second"))

    def _branch(self, pushed: Pushed) -> None:
        delivery = self.bench.delivery
        done = self.forge.push(pushed)
        self._passed("the pipeline of a branch", done)
        self._answers(delivery.preview, pushed)
        ids, subject = self._ran(delivery.preview, pushed), self._taken()
        self.tell(
            Proof(
                "a push to a branch",
                f"{done.seconds:.0f} s, with a key for the token of {subject};"
                f" {delivery.preview.host} answers with {pushed.text!r},"
                f" from {_short(ids)} of the commit {pushed.commit[:8]}",
            )
        )

    def _red(self, first: Pushed) -> None:
        delivery, taken = self.bench.delivery, self.bench.emulator.taken()
        before = self._patience.settled()
        done = self.forge.push(self.bench.desk.push(delivery.branch, "red", delivery.planted))
        planted = ", ".join(delivery.planted)
        if not done.code:
            raise self._wrong(f"the pipeline passes, although {planted} was planted.")
        if delivery.says not in click.unstyle(done.text):
            text = f"with {planted}, the pipeline fails for another reason: {ending(done)}"
            raise self._wrong(text)
        after = self._patience.settled()
        if (after.stacks, after.running) != (before.stacks, before.running):
            raise self._wrong("a test failed, and yet something was deployed.")
        if self.bench.emulator.taken() != taken:
            raise self._wrong("a test failed, and yet a job was given a key.")
        self._answers(delivery.preview, first)
        self.tell(
            Proof(
                "a failing test",
                f"{done.seconds:.0f} s; no job got a key, nothing was deployed, and"
                f" {delivery.preview.host} still answers with {first.text!r}",
            )
        )

    def _end(self, pushed: Pushed, before: dict[str, list[str]]) -> None:
        done = self.forge.end(pushed)
        self._passed("the end of a branch", done)
        self._patience.gone("of a branch that is gone", before)
        text = f"{done.seconds:.0f} s; nothing is left of {self.bench.delivery.preview.stack}"
        self.tell(Proof("the branch is deleted", text))

    def _main(self, pushed: Pushed) -> None:
        before, after = self.bench.delivery.before, self.bench.delivery.after
        looked: list[frozenset[str]] = []
        begun = time.monotonic()

        def look() -> None:
            self._answers(before, pushed)
            looked.append(self._ran(before, pushed))
            subject = self._taken()
            state = self.bench.emulator.state()
            if after.stack in state.stacks:
                raise self._wrong(f"{after.stack} was deployed before anybody approved.")
            text = (
                f"{time.monotonic() - begun:.0f} s, with a key for the token of {subject};"
                f" {before.host} answers with {pushed.text!r},"
                f" from {_short(looked[0])}; there is no {after.stack} yet"
            )
            self.tell(Proof("a push to main, before somebody approves", text))

        done = self.forge.deliver(pushed, look)
        self._passed("the pipeline of main", done)
        self._answers(after, pushed)
        ids = self._ran(after, pushed)
        if [ids] != looked:
            raise self._wrong(
                f"{after.stack} runs another image than {before.stack}:"
                f" {_short(ids)}, and not {_short(looked[0])}."
            )
        text = (
            f"{time.monotonic() - begun:.0f} s in all, with a key for the token of"
            f" {self._taken()}; {after.host} answers with {pushed.text!r},"
            f" from the same {_short(ids)}"
        )
        self.tell(Proof("somebody approves", text))

    def _passed(self, what: str, done: processes.Finished) -> None:
        if done.code:
            raise self._wrong(f"{what} failed: {ending(done)}")

    def _answers(self, stage: Stage, pushed: Pushed) -> None:
        """Ask an environment for a page, which must show the version that was pushed."""
        page = self.bench.delivery.page
        content = front.page(self.bench.emulator.port, stage.host, page)
        if pushed.text not in content:
            raise self._wrong(f"{stage.host} does not show {pushed.text!r} on {page}.")

    def _ran(self, stage: Stage, pushed: Pushed) -> frozenset[str]:
        """Return the ids of the images that an environment runs; one, made from the commit."""
        state = self._patience.settled()
        names = {s.name for s in state.services if s.name.startswith(f"{stage.stack}-")}
        tasks = [t for t in state.tasks if t.service in names and t.name in state.running]
        if not tasks:
            raise self._wrong(f"no task of {stage.stack} runs.")
        found = self.bench.emulator.ran(tasks)
        ids = frozenset(name for name, _ in found)
        if len(ids) != 1:
            raise self._wrong(f"{stage.stack} runs {len(ids)} images.")
        commits = {commit for _, commit in found}
        if commits != {pushed.commit}:
            names_of = ", ".join(sorted(commits))
            raise self._wrong(
                f"{stage.stack} runs an image of {names_of}, and not of {pushed.commit}."
            )
        return ids

    def _taken(self) -> str:
        """Return the subject of the token for which a job was given its key."""
        taken = self.bench.emulator.taken()
        if not taken:
            raise self._wrong("something was deployed, and no job gave a token for its key.")
        return taken[-1]

    @property
    def _patience(self) -> Patience:
        return Patience(self.bench.emulator, self.bench.log, _SETTLE_TIMEOUT, _PAUSE)

    def _wrong(self, message: str) -> Wrong:
        return Wrong(message, self.bench.log)


def _short(ids: frozenset[str]) -> str:
    """Return what identifies an image, as short as `docker image ls` has it."""
    return f"image {', '.join(sorted(name.removeprefix('sha256:')[:12] for name in ids))}"
