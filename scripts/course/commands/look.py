"""``course list``, ``show`` and ``diff``: look at the chain."""

from __future__ import annotations

import click

from course import console, listing
from course.chain import Chain
from course.errors import CourseError
from course.play import progress
from course.repository import Repository


@click.command("list")
def list_links() -> None:
    """List the steps of the chain, with what each adds, and where you are in it."""
    chain = Chain(Repository.find())
    marks = None
    try:
        found = progress.read(chain.repository)
        marks = progress.marks(chain, found) if found else None
    except CourseError as error:
        console.warn(str(error))
    console.out.print(listing.chain_table(chain, marks))


@click.command()
@click.argument("step")
def show(step: str) -> None:
    """Show one STEP: its summary, its files, and what it changes."""
    chain = Chain(Repository.find())
    for part in listing.step_details(chain, chain.find(step)):
        console.out.print(part)


@click.command()
@click.argument("a")
@click.argument("b")
@click.argument("path", required=False, default="")
@click.option("--stat", is_flag=True, help="Only name the files and count their lines.")
@click.option("--all", "everything", is_flag=True, help="Generated and vendored files too.")
def diff(a: str, b: str, path: str, stat: bool, everything: bool) -> None:
    """Show the difference between A and B: two steps, or a step and a folder.

    PATH narrows it to one file or folder. Exit code 1 means that they differ.
    """
    chain = Chain(Repository.find())
    text = listing.difference(chain, a, b, path, stat=stat, everything=everything)
    if text:
        listing.print_patch(text)
        raise SystemExit(1)
