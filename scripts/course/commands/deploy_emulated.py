"""``course deploy-emulated``: the stack of a step, really deployed to an AWS on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass

import click

from course import console, imported, npm
from course.chain import Chain, Link
from course.containers import engine, programs
from course.containers.engine import Engine
from course.containers.pipelines import FORGES
from course.emulation import delivery, image, proofs
from course.emulation.proofs import Proof, Tell
from course.errors import CourseError
from course.faults import Wrong
from course.repository import Repository
from course.verify.memory import Memory
from course.verify.memory import key as memory_key
from course.workspace import Workspace

_PROOFS = "course.emulation.proofs"
_DELIVERY = "course.emulation.delivery"
# How many things are proven of a stack, and of a pipeline.
_STACK = 6
_PIPELINE = 5


@dataclass(frozen=True)
class _Check:
    """A stack that is deployed, or, if a forge is named, its pipeline that deploys.

    Attributes:
        link: the step.
        forge: whose pipeline it is; empty for the stack alone.
    """

    link: Link
    forge: str = ""

    @property
    def name(self) -> str:
        return f"{self.link.name}  {FORGES[self.forge]}" if self.forge else self.link.name

    @property
    def said(self) -> str:
        """What has passed, in words."""
        return "pipeline run against" if self.forge else "deployed to"

    @property
    def count(self) -> int:
        return _PIPELINE if self.forge else _STACK

    def key(self, chain: Chain) -> str:
        """What identifies it by its content."""
        step = self.link.step
        parts = ["deploy-emulated", chain.tree_of(self.link)]
        if self.forge:
            text, code = repr(step.delivery), imported.version(_DELIVERY)
            pinned = image.versions(), programs.versions()
            return memory_key(*parts, self.forge, text, code, *pinned)
        text, code = repr(step.deployment), imported.version(_PROOFS)
        return memory_key(*parts, text, step.commands.install, code, image.versions())

    def prove(self, chain: Chain, found: Engine, space: Workspace, tell: Tell) -> None:
        """Run it."""
        step = self.link.step
        if self.forge and step.delivery:
            delivery.prove(chain, found, space, self.link, step.delivery, self.forge, tell)
        elif step.deployment:
            proofs.prove(chain, found, space, self.link, step.deployment, tell)

    def stands_in(self) -> list[str]:
        """What stands in for what, in words."""
        return delivery.stands_in(self.forge) if self.forge else []

    def not_proven(self) -> list[str]:
        """What is not proven, in words."""
        if self.forge and self.link.step.delivery:
            return delivery.not_proven(self.link.step.delivery, self.forge)
        return list(proofs.NOT_PROVEN)


@click.command("deploy-emulated")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--fresh", is_flag=True, help="Run everything, also what is remembered as passed.")
def deploy_emulated(steps: tuple[str, ...], fresh: bool) -> None:
    """Deploy the stack of each STEP to an emulated AWS (of all steps, if none is named).

    The real CLI deploys the real stack, and its tasks, its database and its cache are real
    containers. Six things are proven: the first deployment, a second version under load, a
    migration that fails, a version that dies when it starts, the work of worker and beat, and that
    nothing is left in the end.

    The pipelines of GitHub and GitLab that deploy are run, too, after a push to a branch, the same
    with a failing test, the branch's end, and a push to main before and after somebody approves.
    What passed is remembered by its content. Without an engine, each is named as not run.
    """
    chain = Chain(Repository.find())
    links = [chain.find(step) for step in steps] or list(chain.links)
    asked = [_Check(link) for link in links if link.step.deployment is not None]
    for link in links:
        if link.step.delivery is not None:
            asked += [_Check(link, forge) for forge in link.step.delivery.forges]
    if not asked:
        console.note("No step that you name is deployed.")
        return
    remembered = Memory(chain.repository, use=not fresh)
    due = []
    for check in asked:
        if (known := remembered.get(check.key(chain))) is None:
            due.append(check)
        else:
            _tell("[dim]=[/]", check, f"remembered, from {known['seconds']} s")
            for said in _lines(known):
                console.out.print(f"    {console.escape(said)}", highlight=False)
            _tell_rest(check)
    failed = _run(chain, due, remembered) if due else 0
    if remembered.problem:
        console.warn(f"some results could not be remembered: {remembered.problem}")
    if failed:
        raise SystemExit(1)


def _run(chain: Chain, due: list[_Check], remembered: Memory) -> int:
    """Run what is not remembered, and return how many failed."""
    try:
        found = engine.find()
    except engine.Unavailable as reason:
        for check in due:
            _not_run(check, reason)
        return 0
    failed = 0
    for check in due:
        with Workspace() as space:
            failed += not _passes(chain, found, space, check, remembered)
    return failed


def _passes(
    chain: Chain, found: Engine, space: Workspace, check: _Check, remembered: Memory
) -> bool:
    key, begun, lines = check.key(chain), time.monotonic(), list[str]()
    try:
        with console.progress(f"{check.name}, with Docker {found.version} …") as say:

            def tell(proof: Proof) -> None:
                lines.append(f"{len(lines) + 1} {proof.title}: {proof.said}")
                mark = "[green]✓[/]"
                console.out.print(f"  {mark} {console.escape(lines[-1])}", highlight=False)
                say(f"{check.name}: {len(lines)} of {check.count} are proven …")

            check.prove(chain, found, space, tell)
    except (engine.Unavailable, npm.Unavailable) as reason:
        _not_run(check, reason)
        return True
    except Wrong as wrong:
        log = wrong.log.relative_to(chain.repository.root)
        _tell("[bold red]✗[/]", check, f"{wrong.message}\n  → read {log}")
        return False
    except CourseError as error:
        _tell("[bold red]✗[/]", check, f"{error.problem}\n  → {error.remedy}")
        return False
    seconds = round(time.monotonic() - begun)
    remembered.put(key, {"lines": lines, "seconds": seconds})
    _tell("[green]✓[/]", check, f"{check.said} an emulated AWS, {seconds} s in all")
    _tell_rest(check)
    return True


def _lines(known: dict[str, object]) -> list[str]:
    lines = known.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list) else []


def _tell_rest(check: _Check) -> None:
    for title, said in (
        ("What stands in for what:", check.stands_in()),
        ("What this does not prove:", check.not_proven()),
    ):
        if said:
            console.out.print(f"  {title}", highlight=False)
        for what in said:
            console.out.print(f"    – {console.escape(what)}", highlight=False)


def _not_run(check: _Check, reason: CourseError) -> None:
    _tell("[bold yellow]NOT RUN[/]", check, f"{reason.problem}\n  → {reason.remedy}")


def _tell(sign: str, check: _Check, text: str) -> None:
    console.out.print(f"{sign} [bold]{check.name}[/]  {console.escape(text)}", highlight=False)
