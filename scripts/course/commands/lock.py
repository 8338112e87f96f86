"""``course lock``: one version of each package in the whole course."""

from __future__ import annotations

import click

from course import console, copies, journal
from course.chain import Chain
from course.errors import CourseError
from course.locks.regenerate import relock
from course.repository import Repository


@click.command()
@click.option("--upgrade", is_flag=True, help="Let versions rise as far as the projects allow.")
@click.argument("package", required=False, default="")
def lock(upgrade: bool, package: str) -> None:
    """Regenerate every step's lock and exports, with one version of each package.

    With --upgrade all packages may rise, or just PACKAGE.
    """
    if package and not upgrade:
        raise CourseError(f"What is to be done with {package}?", f"course lock --upgrade {package}")
    repository = Repository.find()
    with journal.changing(repository, "lock") as writer:
        chain = Chain(repository)
        files = relock(chain, upgrade=upgrade, package=package, tell=console.note)
        writer.carry_out(journal.replacing(repository, files))
        chain.refresh()
        written = [*sorted(files), *copies.renew(chain, writer)]
    for path in written:
        console.out.print(console.escape(path))
    for line in writer.said:
        console.note(line)
    console.note(f"{len(files)} files changed" if files else "every lock is as it should be")
    if files:
        console.note("  → course verify")
