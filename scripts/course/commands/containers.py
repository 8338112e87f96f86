"""``course containers``: pipelines and container checks of steps, and which run side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from course import console, optional_checks, processes
from course.cache import code_version
from course.catalogue import ContainerCheck, Pipeline
from course.chain import Chain, Link
from course.containers import engine, pipelines, programs, suites
from course.containers.engine import Engine
from course.containers.pipelines import FORGES
from course.optional_checks import Seen, Try
from course.workspace import Workspace


@dataclass(frozen=True)
class _Check(optional_checks.Check):
    """One check of a step: a pipeline, or a command of its own."""

    verb = "containers"
    what: Pipeline | ContainerCheck

    @property
    def part(self) -> str:
        return FORGES[self.what.forge] if isinstance(self.what, Pipeline) else self.what.title

    @property
    def queue(self) -> str:
        """What runs one at a time: runners of a forge, whose containers' names do not differ."""
        return self.what.forge if isinstance(self.what, Pipeline) else "suites"

    def depends(self, chain: Chain) -> Sequence[object]:
        if isinstance(self.what, Pipeline):
            code = code_version.version(pipelines.__name__)
            return self.what.model_dump_json(), code, programs.versions()
        made = self.link.step.commands
        return repr(self.what), code_version.version(suites.__name__), made.install, made.env

    def prove(self, chain: Chain, engine: Engine, space: Workspace) -> Seen:
        """Run it, and return its seconds."""
        if isinstance(self.what, Pipeline):
            return pipelines.Runner(chain, engine, space).prove(self.link, self.what)
        return suites.Runner(chain, engine, space).prove(self.link, self.what)


def _of(links: Sequence[Link]) -> list[_Check]:
    checks = []
    for link in links:
        checks += [_Check(link, pipeline) for pipeline in link.step.pipelines]
        checks += [_Check(link, check) for check in link.step.containers]
    return checks


@optional_checks.command(
    _of, "No step that you name has a check that needs a container engine.", _Check
)
def containers(chain: Chain, due: Sequence[_Check], attempt: Try[_Check]) -> None:
    """Run the checks of each STEP that need a container engine (of all steps, if none is named).

    A pipeline of GitHub or GitLab is run twice, as after a push to its branch: it must pass, and
    with a planted failing test it must fail. So it is with a step's own checks of its containers,
    and each of the faults that the catalogue plants for them. What passed is remembered by its
    content. Without an engine, each check is named as not run.
    """
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
