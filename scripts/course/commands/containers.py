"""``course containers``: what needs a container engine."""

from __future__ import annotations

import time
from dataclasses import dataclass

import click

from course import console, imported, npm, processes
from course.catalogue import ContainerCheck, Pipeline
from course.chain import Chain, Link
from course.containers import engine, pipelines, programs, suites
from course.containers.engine import Engine, Unavailable
from course.containers.pipelines import FORGES
from course.faults import Wrong
from course.errors import CourseError
from course.repository import Repository
from course.verify.memory import Memory
from course.verify.memory import key as memory_key
from course.workspace import Workspace

_PIPELINES = "course.containers.pipelines"
_SUITES = "course.containers.suites"


@dataclass(frozen=True)
class _Check:
    """One check of a step: a pipeline, or a command of its own."""

    link: Link
    what: Pipeline | ContainerCheck

    @property
    def name(self) -> str:
        if isinstance(self.what, Pipeline):
            return f"{self.link.name}  {FORGES[self.what.forge]}"
        return f"{self.link.name}  {self.what.title}"

    @property
    def queue(self) -> str:
        """What runs one at a time: runners of a forge, whose containers' names do not differ."""
        return self.what.forge if isinstance(self.what, Pipeline) else "suites"

    def key(self, chain: Chain) -> str:
        """What identifies the check by its content."""
        parts = ["containers", chain.tree_of(self.link)]
        if isinstance(self.what, Pipeline):
            text, code = self.what.model_dump_json(), imported.version(_PIPELINES)
            return memory_key(*parts, text, code, programs.versions())
        made = self.link.step.commands
        text, code = repr(self.what), imported.version(_SUITES)
        return memory_key(*parts, text, code, made.install, made.env)

    def prove(self, chain: Chain, engine: Engine, space: Workspace) -> dict[str, float]:
        """Run it, and return its seconds."""
        if isinstance(self.what, Pipeline):
            return pipelines.Runner(chain, engine, space).prove(self.link, self.what)
        return suites.Runner(chain, engine, space).prove(self.link, self.what)


@click.command()
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--fresh", is_flag=True, help="Run everything, also what is remembered as passed.")
def containers(steps: tuple[str, ...], fresh: bool) -> None:
    """Run the checks of each STEP that need a container engine (of all steps, if none is named).

    A pipeline of GitHub or GitLab is run twice, as after a push to its branch: it must pass, and
    with a planted failing test it must fail. So it is with a step's own checks of its containers,
    and each of the faults that the catalogue plants for them. What passed is remembered by its
    content. Without an engine, each check is named as not run.
    """
    chain = Chain(Repository.find())
    links = [chain.find(step) for step in steps] or list(chain.links)
    asked: list[_Check] = []
    for link in links:
        asked += [_Check(link, pipeline) for pipeline in link.step.pipelines]
        asked += [_Check(link, check) for check in link.step.containers]
    if not asked:
        console.note("No step that you name has a check that needs a container engine.")
        return
    remembered = Memory(chain.repository, use=not fresh)
    due = []
    for check in asked:
        if (known := remembered.get(check.key(chain))) is None:
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
    names = sorted({check.queue for check in due})
    queues = [[check for check in due if check.queue == name] for name in names]
    with Workspace() as space, console.progress(f"with Docker {found.version} …") as say:

        def run(queue: list[_Check]) -> int:
            failed = 0
            for check in queue:
                say(f"{check.name} …")
                failed += not _passes(chain, found, space, check, remembered)
            return failed

        with processes.pool(len(queues)) as pool:
            return sum(pool.map(run, queues))


def _passes(
    chain: Chain, found: Engine, space: Workspace, check: _Check, remembered: Memory
) -> bool:
    key, begun = check.key(chain), time.monotonic()
    try:
        times: dict[str, object] = dict(check.prove(chain, found, space))
    except (Unavailable, npm.Unavailable) as reason:
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


def _times(times: dict[str, object]) -> str:
    return f"green in {times['green']} s, and red in {times['red']} s with what was planted"


def _not_run(check: _Check, reason: CourseError) -> None:
    _tell("[bold yellow]NOT RUN[/]", check, f"{reason.problem}\n  → {reason.remedy}")


def _tell(sign: str, check: _Check, text: str) -> None:
    console.out.print(f"{sign} [bold]{check.name}[/]  {console.escape(text)}", highlight=False)
