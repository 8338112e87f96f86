"""``course lint``: what must hold of the chain as a whole."""

from __future__ import annotations

import click

from course import console, journal, names
from course.chain import Chain
from course.lint import chain_rules as rules
from course.repository import Repository


@click.command()
@click.option("--fix", is_flag=True, help="First regenerate what comes from the catalogue.")
@click.option("--fresh", is_flag=True, help="Look again, though nothing changed since.")
def lint(fix: bool, fresh: bool) -> None:
    """Look for gaps, wrong names, forbidden files, locks that disagree, and pages without steps.

    What was found is remembered by the content of every file; in CI (CI is set) it is not.
    """
    repository = Repository.find()
    chain = Chain(repository)
    if fix:
        with journal.changing(repository, "lint --fix") as writer:
            written = rules.fix(chain, writer)
        for line in [*(f"regenerated: {names.shown(path)}" for path in written), *writer.said]:
            console.note(line)
    findings = rules.lint_known(chain, fresh=fresh)
    for finding in findings:
        kind = "[yellow]warning[/]" if finding.warning else "[bold red]error[/]"
        where = console.escape(names.shown(finding.where))
        console.out.print(
            f"{kind} [bold]{where}[/]: {console.escape(finding.problem)}"
            f"\n  → {console.escape(finding.remedy)}"
        )
    errors = sum(not finding.warning for finding in findings)
    warnings = len(findings) - errors
    console.note(f"{len(chain.links)} links: {errors} errors, {warnings} warnings")
    if errors:
        raise SystemExit(1)
