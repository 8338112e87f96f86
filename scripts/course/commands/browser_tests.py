"""``course browser-tests``: what a visitor of a step sees and does, in a real browser."""

from __future__ import annotations

import time

import click

from course import console, imported, npm
from course.browser_tests import cypress
from course.browser_tests.runner import Runner
from course.catalogue import BrowserTests
from course.chain import Chain, Link
from course.errors import CourseError
from course.faults import Wrong
from course.repository import Repository
from course.services.rooms import Missing, identity
from course.verify.memory import Memory
from course.verify.memory import key as memory_key
from course.workspace import Workspace

_MODULES = "course.browser_tests.runner"


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
    chain = Chain(Repository.find())
    links = [chain.find(step) for step in steps] or list(chain.links)
    asked = [(link, link.step.browser) for link in links if link.step.browser is not None]
    if not asked:
        console.note("No step that you name has browser tests.")
        return
    remembered = Memory(chain.repository, use=not fresh)
    due = []
    for link, tests in asked:
        if (known := remembered.get(_key(chain, link, tests))) is None:
            due.append((link, tests))
        else:
            _tell("[dim]=[/]", link, f"remembered: {_times(known)}")
    failed = 0
    if due:
        with Workspace() as space, console.progress("in a browser …") as say:
            runner = Runner(chain, space)
            for link, tests in due:
                say(f"{link.name} …")
                failed += not _passes(runner, link, tests, remembered)
    if remembered.problem:
        console.warn(f"some results could not be remembered: {remembered.problem}")
    if failed:
        raise SystemExit(1)


def _passes(runner: Runner, link: Link, tests: BrowserTests, remembered: Memory) -> bool:
    chain = runner.chain
    key, begun = _key(chain, link, tests), time.monotonic()
    try:
        times: dict[str, object] = dict(runner.prove(link, tests))
    except (npm.Unavailable, Missing) as reason:
        _tell("[bold yellow]NOT RUN[/]", link, f"{reason.problem}\n  → {reason.remedy}")
        return True
    except Wrong as wrong:
        log = wrong.log.relative_to(chain.repository.root)
        _tell("[bold red]✗[/]", link, f"{wrong.message}\n  → read {log}")
        return False
    except CourseError as error:
        _tell("[bold red]✗[/]", link, f"{error.problem}\n  → {error.remedy}")
        return False
    times["faults"] = len(tests.planted)
    remembered.put(key, times)
    _tell("[green]✓[/]", link, f"{_times(times)}; {time.monotonic() - begun:.0f} s in all")
    return True


def _key(chain: Chain, link: Link, tests: BrowserTests) -> str:
    step, told = link.step, chain.course.told
    commands = step.commands.model_dump_json(include={"env", "migrate", "serve", "beside"})
    return memory_key(
        "browser-tests",
        chain.tree_of(link),
        tests.model_dump_json(),
        commands,
        identity([*step.services, *tests.services], told),
        imported.version(_MODULES),
        cypress.versions(),
    )


def _times(times: dict[str, object]) -> str:
    count = times["faults"]
    faults = f"{count} planted fault{'' if count == 1 else 's'}"
    return f"green in {times['green']} s, and red in {times['red']} s with {faults}"


def _tell(sign: str, link: Link, text: str) -> None:
    console.out.print(f"{sign} [bold]{link.name}[/]  {console.escape(text)}", highlight=False)
