"""``course run`` and ``course start``: serve a step; what is printed, how often edits are seen."""

from __future__ import annotations

from contextlib import ExitStack

import click
from watchfiles import watch

from course import console, names
from course.chain import Chain, Link
from course.errors import CourseError
from course.play.folder import NAME, Playground
from course.play.serving import PlaygroundStage
from course.repository import Repository
from course.serve import registry
from course.serve.site_process import Site
from course.serve.step_server import Running, Stage


@click.command()
@click.argument("step")
@click.option("--port", type=click.IntRange(1, 65535), help="Serve on this port.")
@click.option("--check", is_flag=True, help="End as soon as the server has answered.")
def run(step: str, port: int | None, check: bool) -> None:
    """Run STEP: its environment, database, demo data and server, until Ctrl-C.

    The step's folder stays as it is: everything that running it makes is under .course/. An edit
    of the step shows at once. `course run playground` runs your own.
    """
    chain = Chain(Repository.find())
    with ExitStack() as stack:
        record(chain.repository, f"course run {step}", stack)
        if step.strip("/") == NAME:
            running = begin_on(PlaygroundStage(Playground.find(chain)), port, stack)
        else:
            running = begin(chain, chain.find(step), port, stack)
        tell(running, hint=not check)
        if not check:
            follow(chain, [running])


@click.command()
@click.argument("step", default="")
@click.option("--check", is_flag=True, help="End as soon as everything has answered.")
def start(step: str, check: bool) -> None:
    """Start the site and, beside it, the app of STEP (the last one, if none is named).

    Both show an edit of a page or of a snapshot at once.
    """
    chain = Chain(Repository.find())
    link = chain.find(step) if step else chain.links[-1]
    with ExitStack() as stack:
        record(chain.repository, f"course start: the site, and {link.name}", stack)
        site = Site.begin(chain, stack, lambda line: console.err.out(f"  site: {line}"))
        running = begin(chain, link, None, stack)
        if site is not None:
            console.note("  the site …")
            site.await_answer()
            console.out.print(f"\n  [bold green]{site.url}[/]   the site")
        tell(running, hint=not check)
        if not check:
            follow(chain, [running], site)


# Milliseconds between two looks at the servers, and how often an edit is tried to be read.
_PULSE = 500
_TRIES = 4
_stages: dict[str, Stage] = {}


def record(repository: Repository, what: str, stack: ExitStack) -> None:
    """Note that this process serves something, until ``stack`` ends; `course stop` finds it.

    What an earlier run left, because it was killed, is ended first: it would hold the ports.
    """
    for left in registry.sweep(repository):
        console.note(f"ended what was left of an earlier run that was killed: {left}")
    stack.enter_context(registry.recorded(repository, what))


def begin(chain: Chain, link: Link, port: int | None, stack: ExitStack) -> Running:
    """Make a step ready and start its server; ``stack`` ends it.

    Raises:
        CourseError: when the step does not start.
    """
    return begin_on(Stage(chain, link), port, stack)


def begin_on(stage: Stage, port: int | None, stack: ExitStack) -> Running:
    """Make a stage ready and start its server; ``stack`` ends it.

    Raises:
        CourseError: when it does not start.
    """
    stack.enter_context(stage.held())
    _stages[stage.link.name] = stage
    console.note(f"{stage.link.name}: {stage.link.step.title}")
    environment = stage.prepare(lambda what: console.note(f"  {what} …"))
    running = stage.serve(environment, port, lambda line: console.err.out(f"  {line}"))
    stack.callback(running.end)
    return running


def tell(running: Running, *, hint: bool = True) -> None:
    """Print the address of a running step, and what to know about it.

    Args:
        running: the step.
        hint: whether it goes on running, so that there is something to do with it.
    """
    console.out.print(
        f"  [bold green]{console.escape(running.url)}[/]"
        f"   {console.escape(running.link.step.title)}"
    )
    known = running.link.step.settings.hint
    if known:
        console.out.print(f"  {console.escape(known)}")
    if hint:
        console.note("\n  Ctrl-C ends it.\n")


def follow(chain: Chain, all_running: list[Running], site: Site | None = None) -> None:
    """Carry edits of snapshots into the running steps, until one ends or a person stops it.

    The site follows by itself.

    Raises:
        CourseError: when a server ends by itself.
    """
    folders = [chain.path(running.link) for running in all_running]
    late = 0
    for changes in watch(*folders, yield_on_timeout=True, rust_timeout=_PULSE):
        for running in all_running:
            if ended := running.ended():
                raise CourseError(
                    ended,
                    f"Read {_stages[running.link.name].log}; then: course run {running.link.label}",
                )
            if trouble := _stages[running.link.name].trouble():
                raise CourseError(
                    f"{running.link.name}: {trouble}", f"course run {running.link.label}"
                )
        if site is not None:
            site.still_there()
        if not changes and not late:
            continue
        try:
            for running in all_running:
                for path in _stages[running.link.name].sync():
                    console.note(f"  {names.shown(f'{running.link.folder}/{path}')}")
            late = 0
        except CourseError:
            # A file that an editor is just writing, or takes away, cannot be read now but soon.
            late += 1
            if late > _TRIES:
                raise
