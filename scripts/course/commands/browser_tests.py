"""``course browser-tests``: what a visitor of a step sees and does, in a real browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from course import console, optional_checks
from course.browser_tests import cypress, runner
from course.cache import code_version
from course.catalogue import BrowserTests
from course.chain import Chain, Link
from course.optional_checks import Try
from course.services.private_servers import identity
from course.workspace import Workspace


@dataclass(frozen=True)
class _Check(optional_checks.Check):
    """The browser tests of a step."""

    verb = "browser-tests"
    tests: BrowserTests

    @property
    def planted(self) -> str:
        count = len(self.tests.planted)
        return f"{count} planted fault{'' if count == 1 else 's'}"

    def depends(self, chain: Chain) -> Sequence[object]:
        step, told = self.link.step, chain.course.told
        return (
            self.tests.model_dump_json(),
            step.commands.model_dump_json(include={"env", "migrate", "serve", "beside"}),
            identity([*step.services, *self.tests.services], told),
            code_version.version(runner.__name__),
            cypress.versions(),
        )


def _of(links: Sequence[Link]) -> list[_Check]:
    return [_Check(link, link.step.browser) for link in links if link.step.browser is not None]


@optional_checks.command(_of, "No step that you name has browser tests.", _Check)
def browser_tests(chain: Chain, due: Sequence[_Check], attempt: Try[_Check]) -> None:
    """Run the browser tests of each STEP (of all steps, if none is named).

    The step is served with its services and its worker, and its tests use it in a browser: as it
    is, when they must pass, and once more with each fault that the catalogue plants, when they must
    fail. What passed is remembered by its content. Where Cypress cannot run, each is named as not
    run.
    """
    with Workspace() as space, console.progress("in a browser …") as say:
        tests = runner.Runner(chain, space)
        for check in due:
            say(f"{check.name} …")
            attempt(check, partial(tests.prove, check.link, check.tests))
