"""``course verify``: prove that steps work by themselves."""

from __future__ import annotations

import json
import time

import click

from course import console, deadline
from course.cache.check_results import Memory
from course.chain import Chain
from course.repository import Repository
from course.verify import report
from course.verify.affected_steps import changed as changed_links
from course.verify.outcome import FAILED, NOT_RUN
from course.verify.plan import Plan, at_once
from course.verify.profile import Profile
from course.workspace import Workspace


@click.command()
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--changed", is_flag=True, help="Only what differs from --base, and what follows it.")
@click.option("--base", default="HEAD", show_default=True, help="Revision for --changed.")
@click.option("--fresh", is_flag=True, help="Run everything, also what is remembered as passed.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1),
    help="Checks at once. [default: processors, and one more]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
@click.option("--matrix", is_flag=True, help="Run nothing: print the steps as a JSON list, for CI.")
@click.option("--profile", is_flag=True, help="Also print what took how much time.")
@click.option("--notes", is_flag=True, help="Also print what is to be known of passed checks.")
def verify(
    steps: tuple[str, ...],
    changed: bool,
    base: str,
    fresh: bool,
    jobs: int | None,
    as_json: bool,
    matrix: bool,
    profile: bool,
    notes: bool,
) -> None:
    """Prove that each STEP works by itself (all steps, if none is named).

    From a clean copy, in an environment that holds exactly what its lock says: it installs, its
    checks, linters and tests pass, its database is made and migrated, its server answers, and its
    new tests fail on the step before. A passed check is remembered by its content, and what a
    linter found of a file alone (`lint_by_file` in the catalogue) by that file. Coverage is
    measured where it can grow: for tests that reached everything between them in a step that was
    verified before, and for new ones; for all, where these do not cover everything. With `--fresh`
    nothing is remembered, and every test is measured.

    With `--profile`: the seconds of processor time and by the clock, by kind of check, and the ten
    most expensive checks. With `--json`, it prints an object of `outcomes` and `profile`.
    """
    begun = time.monotonic()
    chain = Chain(Repository.find())
    links = [chain.find(step) for step in steps] or list(chain.links)
    if changed:
        touched = {link.position for link in changed_links(chain, base)}
        links = [link for link in links if link.position in touched]
    links = sorted({link.position: link for link in links}.values(), key=lambda link: link.position)
    if matrix:
        console.out.print(json.dumps([link.name for link in links]), markup=False)
        return
    if not links:
        console.note(f"Nothing to verify: no step differs from {base}.")
        if as_json:
            spent = Profile.of([]) if profile else None
            console.out.print(report.as_json([], chain.repository.root, spent), markup=False)
        return
    with Workspace() as space:
        plan = Plan(chain, links, space)
        with report.Live(links, len(plan.tasks)) as live:
            remembered = Memory(chain.repository, use=not fresh)
            outcomes = plan.run(remembered, jobs or at_once(), live.tell)
    spent = Profile.of(plan.outcomes.values()) if profile else None
    if as_json:
        console.out.print(report.as_json(outcomes, chain.repository.root, spent), markup=False)
    else:
        shown = [link for link in chain if any(outcome.link == link.name for outcome in outcomes)]
        console.out.print(report.table(shown, outcomes))
        if notes:
            for outcome in outcomes:
                for line in outcome.notes:
                    console.out.print(f"{outcome.link} {outcome.check}: {console.escape(line)}")
        console.out.print(
            "✓ passed   = remembered   ✗ failed   – not reached   ? not run   · not asked of it",
            style="dim",
        )
        for table in spent.tables() if spent else ():
            console.out.print()
            console.out.print(table)
    elapsed = time.monotonic() - begun
    target = console.err if as_json else console.out
    for line in report.summary(outcomes, chain.repository.root, elapsed):
        target.print(line)
    if remembered.problem:
        console.warn(f"some results could not be remembered: {remembered.problem}")
    if any(outcome.state == FAILED for outcome in outcomes):
        raise SystemExit(1)
    reasons = {outcome.message for outcome in outcomes if outcome.state == NOT_RUN}
    if deadline.REASON in reasons:
        console.warn("some checks were not begun in time. → course verify")
    elif reasons:
        console.warn("some checks did not run on this machine; CI runs them.")
