"""``course browser-tests``: what a visitor of a step sees and does, in a real browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import click

from course import console, optional_checks
from course.browser_tests import cypress
from course.browser_tests.runner import Runner
from course.cache import code_version
from course.cache.check_results import key as memory_key
from course.catalogue import BrowserTests
from course.chain import Chain, Link
from course.optional_checks import Seen, Try
from course.services.private_servers import identity
from course.workspace import Workspace

_MODULES = "course.browser_tests.runner"


@dataclass(frozen=True)
class _Check:
    """The browser tests of a step."""

    link: Link
    tests: BrowserTests

    @property
    def name(self) -> str:
        return self.link.name

    def key(self, chain: Chain) -> str:
        step, told = self.link.step, chain.course.told
        commands = step.commands.model_dump_json(include={"env", "migrate", "serve", "beside"})
        return memory_key(
            "browser-tests",
            chain.tree_of(self.link),
            self.tests.model_dump_json(),
            commands,
            identity([*step.services, *self.tests.services], told),
            code_version.version(_MODULES),
            cypress.versions(),
        )

    def passed(self, seen: Seen) -> str:
        return f"{self._times(seen)}; {seen['seconds']} s in all"

    def remembered(self, seen: Seen) -> str:
        return f"remembered: {self._times(seen)}"

    def _times(self, seen: Seen) -> str:
        count = len(self.tests.planted)
        planted = f"{count} planted fault{'' if count == 1 else 's'}"
        return optional_checks.green_and_red(seen, planted)


@click.command("browser-tests")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--fresh", is_flag=True, help="Run everything, also what is remembered as passed.")
def browser_tests(steps: tuple[str, ...], fresh: bool) -> None:
    """Run the browser tests of each STEP (of all steps, if none is named).

    The step is served with its services and its worker, and its tests use it in a browser: as it
    is, when they must pass, and once more with each fault that the catalogue plants, when they must
    fail. What passed is remembered by its content. Where Cypress cannot run, each is named as not
    run.
    """
    optional_checks.run(steps, fresh, _of, "No step that you name has browser tests.", _carry_out)


def _of(links: Sequence[Link]) -> list[_Check]:
    return [_Check(link, link.step.browser) for link in links if link.step.browser is not None]


def _carry_out(chain: Chain, due: Sequence[_Check], attempt: Try[_Check]) -> None:
    with Workspace() as space, console.progress("in a browser …") as say:
        runner = Runner(chain, space)
        for check in due:
            say(f"{check.name} …")
            attempt(check, partial(runner.prove, check.link, check.tests))
