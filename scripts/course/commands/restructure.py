"""``course new``, ``rename`` and ``remove``: change which steps there are."""

from __future__ import annotations

import click

from course import console, names
from course.repository import Repository
from course.restructure import steps
from course.restructure.steps import Done


@click.command()
@click.option("--after", metavar="STEP", required=True, help="The step that it follows.")
@click.option("--title", default="", help="Its heading.")
@click.option("--summary", default="", help="What the reader gains, in one sentence.")
@click.argument("slug")
def new(after: str, title: str, summary: str, slug: str) -> None:
    """Insert a step called SLUG, which begins as a copy of the step before it."""
    done = steps.new(Repository.find(), after, slug, title=title, summary=summary)
    _show(done)
    console.note(
        f"{done.folder} is a copy of the step before. Write the step there, and carry it on:"
        " course propagate"
    )


@click.command()
@click.option("--title", default="", help="Its heading from now on.")
@click.argument("step")
@click.argument("slug")
def rename(title: str, step: str, slug: str) -> None:
    """Call STEP by another SLUG; its folder, page and pictures move, and links follow."""
    done = steps.rename(Repository.find(), step, slug, title=title)
    _show(done)
    console.note(f"It is in {done.folder} now.")


@click.command()
@click.argument("step")
def remove(step: str) -> None:
    """Take STEP out of the chain. What it brought belongs to the step after it from then on."""
    done = steps.remove(Repository.find(), step)
    _show(done)
    console.note(f"The step's folder, page and pictures are in {done.backup}")


def _show(done: Done) -> None:
    for line in done.said:
        console.note(line)
    for old, name in done.renamed.items():
        console.out.print(f"{old} → {name}")
    if done.files:
        console.out.print(
            console.escape("Brought up to date: " + ", ".join(map(names.shown, done.files)))
        )
    for line in done.look:
        console.warn(line)
