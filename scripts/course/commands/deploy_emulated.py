"""``course deploy-emulated``: the stack of a step, really deployed to an AWS on this machine."""

from __future__ import annotations

import time

import click

from course import console, imported, npm
from course.catalogue import Deployment
from course.chain import Chain, Link
from course.containers import engine
from course.containers.engine import Engine
from course.emulation import image, proofs
from course.emulation.proofs import NOT_PROVEN, Proof
from course.errors import CourseError
from course.faults import Wrong
from course.repository import Repository
from course.verify.memory import Memory
from course.verify.memory import key as memory_key
from course.workspace import Workspace

_PROOFS = "course.emulation.proofs"
_COUNT = 6


@click.command("deploy-emulated")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--fresh", is_flag=True, help="Run everything, also what is remembered as passed.")
def deploy_emulated(steps: tuple[str, ...], fresh: bool) -> None:
    """Deploy the stack of each STEP to an emulated AWS (of all steps, if none is named).

    The real CLI deploys the real stack, and its tasks, its database and its cache are real
    containers. Six things are proven: the first deployment, a second version under load, a
    migration that fails, a version that dies when it starts, the work of worker and beat, and that
    nothing is left in the end. What passed is remembered by its content. Without an engine, each
    is named as not run.
    """
    chain = Chain(Repository.find())
    links = [chain.find(step) for step in steps] or list(chain.links)
    asked = [(link, link.step.deployment) for link in links if link.step.deployment is not None]
    if not asked:
        console.note("No step that you name is deployed.")
        return
    remembered = Memory(chain.repository, use=not fresh)
    due = []
    for link, deployment in asked:
        if (known := remembered.get(_key(chain, link, deployment))) is None:
            due.append((link, deployment))
        else:
            _tell("[dim]=[/]", link, f"remembered, from {known['seconds']} s")
            for said in _lines(known):
                console.out.print(f"    {console.escape(said)}", highlight=False)
            _tell_rest()
    failed = _run(chain, due, remembered) if due else 0
    if remembered.problem:
        console.warn(f"some results could not be remembered: {remembered.problem}")
    if failed:
        raise SystemExit(1)


def _run(chain: Chain, due: list[tuple[Link, Deployment]], remembered: Memory) -> int:
    """Run what is not remembered, and return how many failed."""
    try:
        found = engine.find()
    except engine.Unavailable as reason:
        for link, _ in due:
            _not_run(link, reason)
        return 0
    failed = 0
    with Workspace() as space:
        for link, deployment in due:
            failed += not _passes(chain, found, space, link, deployment, remembered)
    return failed


def _passes(
    chain: Chain,
    found: Engine,
    space: Workspace,
    link: Link,
    deployment: Deployment,
    remembered: Memory,
) -> bool:
    key, begun, lines = _key(chain, link, deployment), time.monotonic(), list[str]()
    try:
        with console.progress(f"{link.name}, with Docker {found.version} …") as say:

            def tell(proof: Proof) -> None:
                lines.append(f"{len(lines) + 1} {proof.title}: {proof.said}")
                mark = "[green]✓[/]"
                console.out.print(f"  {mark} {console.escape(lines[-1])}", highlight=False)
                say(f"{link.name}: {len(lines)} of {_COUNT} are proven …")

            proofs.prove(chain, found, space, link, deployment, tell)
    except (engine.Unavailable, npm.Unavailable) as reason:
        _not_run(link, reason)
        return True
    except Wrong as wrong:
        log = wrong.log.relative_to(chain.repository.root)
        _tell("[bold red]✗[/]", link, f"{wrong.message}\n  → read {log}")
        return False
    except CourseError as error:
        _tell("[bold red]✗[/]", link, f"{error.problem}\n  → {error.remedy}")
        return False
    seconds = round(time.monotonic() - begun)
    remembered.put(key, {"lines": lines, "seconds": seconds})
    _tell("[green]✓[/]", link, f"deployed to an emulated AWS, {seconds} s in all")
    _tell_rest()
    return True


def _key(chain: Chain, link: Link, deployment: Deployment) -> str:
    return memory_key(
        "deploy-emulated",
        chain.tree_of(link),
        repr(deployment),
        link.step.commands.install,
        imported.version(_PROOFS),
        image.versions(),
    )


def _lines(known: dict[str, object]) -> list[str]:
    lines = known.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list) else []


def _tell_rest() -> None:
    console.out.print("  What this does not prove:", highlight=False)
    for what in NOT_PROVEN:
        console.out.print(f"    – {what}", highlight=False)


def _not_run(link: Link, reason: CourseError) -> None:
    _tell("[bold yellow]NOT RUN[/]", link, f"{reason.problem}\n  → {reason.remedy}")


def _tell(sign: str, link: Link, text: str) -> None:
    console.out.print(f"{sign} [bold]{link.name}[/]  {console.escape(text)}", highlight=False)
