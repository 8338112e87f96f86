"""``course doctor``: what this machine has and lacks."""

from __future__ import annotations

import platform

import click

from course import console
from course.doctor import examine
from course.repository import Repository

_SIGNS = {"ok": "[green]✓[/]", "optional": "[yellow]–[/]", "missing": "[bold red]✗[/]"}


@click.command()
def doctor() -> None:
    """Say what this machine has and lacks, with the command that fixes it."""
    findings = examine(Repository.find())
    table = console.plain_table(
        "", "", "found", "to fix it", title=f"{platform.system()} {platform.machine()}"
    )
    for finding in findings:
        texts = (finding.subject, finding.found, finding.remedy)
        table.add_row(_SIGNS[finding.state], *map(console.escape, texts))
    console.out.print(table)
    if any(finding.state == "missing" for finding in findings):
        raise SystemExit(1)
