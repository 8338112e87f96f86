"""``course deploy-emulated``: the stack of a step, really deployed to an AWS on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from course import console, optional_checks
from course.cache import code_version
from course.chain import Chain, Link
from course.containers import engine, programs
from course.containers.engine import Engine
from course.containers.pipelines import FORGES
from course.emulation import delivery, image, proofs
from course.emulation.proofs import Proof
from course.optional_checks import Seen, Try
from course.workspace import Workspace

# How many things are proven of a stack, and of a pipeline.
_STACK = 6
_PIPELINE = 5


@dataclass(frozen=True)
class _Check(optional_checks.Check):
    """A stack that is deployed, or, if a forge is named, its pipeline that deploys.

    Attributes:
        forge: whose pipeline it is; empty for the stack alone.
    """

    verb = "deploy-emulated"
    forge: str = ""

    @property
    def part(self) -> str:
        return FORGES[self.forge] if self.forge else ""

    def depends(self, chain: Chain) -> Sequence[object]:
        step = self.link.step
        if self.forge:
            pinned = image.versions(), programs.versions()
            return self.forge, repr(step.delivery), code_version.version(delivery.__name__), *pinned
        made = repr(step.deployment), step.commands.install
        return *made, code_version.version(proofs.__name__), image.versions()

    def prove(self, chain: Chain, found: Engine, space: Workspace) -> Seen:
        """Run it, and return a line for each proof, which is told as soon as it is there."""
        step, lines = self.link.step, list[str]()
        count = _PIPELINE if self.forge else _STACK
        with console.progress(f"{self.name}, with Docker {found.version} …") as say:

            def tell(proof: Proof) -> None:
                lines.append(f"{len(lines) + 1} {proof.title}: {proof.said}")
                mark = "[green]✓[/]"
                console.out.print(f"  {mark} {console.escape(lines[-1])}", highlight=False)
                say(f"{self.name}: {len(lines)} of {count} are proven …")

            if self.forge and step.delivery:
                delivery.prove(chain, found, space, self.link, step.delivery, self.forge, tell)
            elif step.deployment:
                proofs.prove(chain, found, space, self.link, step.deployment, tell)
        return {"lines": lines}

    def passed(self, seen: Seen) -> str:
        said = "pipeline run against" if self.forge else "deployed to"
        first = f"{said} an emulated AWS, {seen['seconds']} s in all"
        return "\n".join([first, *self._limits()])

    def remembered(self, seen: Seen) -> str:
        lines = seen.get("lines")
        proven = [f"    {line}" for line in lines] if isinstance(lines, list) else []
        first = f"remembered, from {seen['seconds']} s"
        return "\n".join([first, *proven, *self._limits()])

    def _limits(self) -> list[str]:
        """Say in lines what stands in for what, and what is not proven."""
        table = self.link.step.delivery
        if self.forge and table:
            stands_in = delivery.stands_in(self.forge)
            not_proven = delivery.not_proven(table, self.forge)
        else:
            stands_in, not_proven = [], list(proofs.NOT_PROVEN)
        parts = {"What stands in for what:": stands_in, "What this does not prove:": not_proven}
        lines = []
        for title, said in parts.items():
            lines += [f"  {title}", *(f"    – {what}" for what in said)] if said else []
        return lines


def _of(links: Sequence[Link]) -> list[_Check]:
    checks = [_Check(link) for link in links if link.step.deployment is not None]
    for link in links:
        if link.step.delivery is not None:
            checks += [_Check(link, forge) for forge in link.step.delivery.forges]
    return checks


@optional_checks.command(_of, "No step that you name is deployed.", _Check)
def deploy_emulated(chain: Chain, due: Sequence[_Check], attempt: Try[_Check]) -> None:
    """Deploy the stack of each STEP to an emulated AWS (of all steps, if none is named).

    The real CLI deploys the real stack, and its tasks, its database and its cache are real
    containers. Six things are proven: the first deployment, a second version under load, a
    migration that fails, a version that dies when it starts, the work of worker and beat, and that
    nothing is left in the end.

    The pipelines of GitHub and GitLab that deploy are run, too, after a push to a branch, the same
    with a failing test, the branch's end, and a push to main before and after somebody approves.
    What passed is remembered by its content. Without an engine, each is named as not run.
    """
    found = engine.find()
    for check in due:
        with Workspace() as space:
            attempt(check, partial(check.prove, chain, found, space))
