"""``course containers``: what needs a container engine."""

from __future__ import annotations

import time
from dataclasses import dataclass

import click

from course import console, imported, processes
from course.catalogue import Pipeline
from course.chain import Chain, Link
from course.containers import engine, programs
from course.containers.engine import Unavailable
from course.containers.pipelines import FORGES, Runner, Wrong
from course.errors import CourseError
from course.repository import Repository
from course.verify.memory import Memory
from course.verify.memory import key as memory_key
from course.workspace import Workspace

_MODULES = "course.containers.pipelines"


@dataclass(frozen=True)
class _Check:
    link: Link
    pipeline: Pipeline

    @property
    def name(self) -> str:
        return f"{self.link.name}  {FORGES[self.pipeline.forge]}"


@click.command()
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--fresh", is_flag=True, help="Run everything, also what is remembered as passed.")
def containers(steps: tuple[str, ...], fresh: bool) -> None:
    """Run the checks of each STEP that need a container engine (of all steps, if none is named).

    A pipeline of GitHub or GitLab is run twice, as after a push to its branch: it must pass, and
    with a planted failing test it must fail. What passed is remembered by its content. Without an
    engine, each check is named as not run.
    """
    chain = Chain(Repository.find())
    links = [chain.find(step) for step in steps] or list(chain.links)
    asked = [_Check(link, pipeline) for link in links for pipeline in link.step.pipelines]
    if not asked:
        console.note("No step that you name has a check that needs a container engine.")
        return
    remembered = Memory(chain.repository, use=not fresh)
    due = []
    for check in asked:
        if (known := remembered.get(_key(chain, check))) is None:
            due.append(check)
        else:
            _tell("[dim]=[/]", check, f"remembered: {_times(known)}")
    failed = _run(chain, due, remembered) if due else 0
    if remembered.problem:
        console.warn(f"some results could not be remembered: {remembered.problem}")
    if failed:
        raise SystemExit(1)


def _run(chain: Chain, due: list[_Check], remembered: Memory) -> int:
    """Run what is not remembered, and return how many failed."""
    try:
        found = engine.find()
    except Unavailable as reason:
        for check in due:
            _not_run(check, reason)
        return 0
    # Each forge has one runner at a time: what its containers are called does not tell two apart.
    queues = [[check for check in due if check.pipeline.forge == forge] for forge in FORGES]
    with Workspace() as space, console.progress(f"with Docker {found.version} …") as say:
        runner = Runner(chain, found, space)

        def run(queue: list[_Check]) -> int:
            failed = 0
            for check in queue:
                say(f"{check.name} …")
                failed += not _passes(chain, runner, check, remembered)
            return failed

        with processes.pool(len(queues)) as pool:
            return sum(pool.map(run, queues))


def _passes(chain: Chain, runner: Runner, check: _Check, remembered: Memory) -> bool:
    key, begun = _key(chain, check), time.monotonic()
    try:
        times: dict[str, object] = dict(runner.prove(check.link, check.pipeline))
    except Unavailable as reason:
        _not_run(check, reason)
        return True
    except Wrong as wrong:
        log = wrong.log.relative_to(chain.repository.root)
        _tell("[bold red]✗[/]", check, f"{wrong.message}\n  → read {log}")
        return False
    except CourseError as error:
        _tell("[bold red]✗[/]", check, f"{error.problem}\n  → {error.remedy}")
        return False
    remembered.put(key, times)
    _tell("[green]✓[/]", check, f"{_times(times)}; {time.monotonic() - begun:.0f} s in all")
    return True


def _key(chain: Chain, check: _Check) -> str:
    tree, code = chain.tree_of(check.link), imported.version(_MODULES)
    return memory_key(
        "containers", tree, check.pipeline.model_dump_json(), code, programs.versions()
    )


def _times(times: dict[str, object]) -> str:
    return f"green in {times['green']} s, and red in {times['red']} s with what was planted"


def _not_run(check: _Check, reason: CourseError) -> None:
    _tell("[bold yellow]NOT RUN[/]", check, f"{reason.problem}\n  → {reason.remedy}")


def _tell(sign: str, check: _Check, text: str) -> None:
    console.out.print(f"{sign} [bold]{check.name}[/]  {console.escape(text)}", highlight=False)
