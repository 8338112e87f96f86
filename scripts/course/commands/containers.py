"""``course containers``: what needs a container engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import click

from course import console, optional_checks, processes
from course.cache import code_version
from course.cache.check_results import key as memory_key
from course.catalogue import ContainerCheck, Pipeline
from course.chain import Chain, Link
from course.containers import engine, pipelines, programs, suites
from course.containers.engine import Engine
from course.containers.pipelines import FORGES
from course.optional_checks import Seen, Try
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
        parts = ["containers", chain.tree_of(self.link)]
        if isinstance(self.what, Pipeline):
            text, code = self.what.model_dump_json(), code_version.version(_PIPELINES)
            return memory_key(*parts, text, code, programs.versions())
        made = self.link.step.commands
        text, code = repr(self.what), code_version.version(_SUITES)
        return memory_key(*parts, text, code, made.install, made.env)

    def prove(self, chain: Chain, engine: Engine, space: Workspace) -> Seen:
        """Run it, and return its seconds."""
        if isinstance(self.what, Pipeline):
            return pipelines.Runner(chain, engine, space).prove(self.link, self.what)
        return suites.Runner(chain, engine, space).prove(self.link, self.what)

    def passed(self, seen: Seen) -> str:
        return f"{_times(seen)}; {seen['seconds']} s in all"

    def remembered(self, seen: Seen) -> str:
        return f"remembered: {_times(seen)}"


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
    none = "No step that you name has a check that needs a container engine."
    optional_checks.run(steps, fresh, _of, none, _carry_out)


def _of(links: Sequence[Link]) -> list[_Check]:
    checks = []
    for link in links:
        checks += [_Check(link, pipeline) for pipeline in link.step.pipelines]
        checks += [_Check(link, check) for check in link.step.containers]
    return checks


def _carry_out(chain: Chain, due: Sequence[_Check], attempt: Try[_Check]) -> None:
    found = engine.find()
    names = sorted({check.queue for check in due})
    with Workspace() as space, console.progress(f"with Docker {found.version} …") as say:

        def work_off(queue: str) -> None:
            for check in due:
                if check.queue == queue:
                    say(f"{check.name} …")
                    attempt(check, partial(check.prove, chain, found, space))

        with processes.pool(len(names)) as pool:
            list(pool.map(work_off, names))


def _times(seen: Seen) -> str:
    return optional_checks.green_and_red(seen, "what was planted")
