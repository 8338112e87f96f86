"""``course history`` and ``course reach``: the chain as a branch, and how far a change reaches."""

from __future__ import annotations

import json

import click

from course import console, history as branch_of, names, reach as reaching
from course.chain import Chain
from course.repository import Repository


@click.command()
@click.option("--branch", metavar="NAME", default=branch_of.BRANCH, show_default=True)
@click.option("--base", "--rev", "revision", metavar="REV", default="", help="Take this commit's.")
def history(branch: str, revision: str) -> None:
    """Write the chain as a git branch, with a commit and a tag for each step.

    The working copy counts as it stands, or the commit named with --base. Your index and your
    files are not touched.
    """
    made = branch_of.write(Chain(Repository.find()), branch, revision)
    if made.changed:
        console.note(f"{len(made.commits)} commits, tags {branch_of.TAGS}…: git log {made.branch}")
    else:
        console.note(f"The branch {made.branch} and its tags are up to date.")


@click.command()
@click.option("--base", metavar="REV", default="HEAD", show_default=True, help="Compare with it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--markdown", is_flag=True, help="Print a comment for a pull request.")
def reach(base: str, as_json: bool, markdown: bool) -> None:
    """Say which later steps and pages a change reaches."""
    chain = Chain(Repository.find())
    found = reaching.reach(chain, base)
    if as_json:
        click.echo(json.dumps([reached.as_json() for reached in found], indent=2))
    elif markdown:
        click.echo(reaching.markdown(chain, found), nl=False)
    else:
        table = console.plain_table("step", "changed", "still to be carried", "conflicts", "page")
        for item in found:
            columns = (item.files, item.missing, item.conflicts)
            table.add_row(
                item.link.name,
                *(console.escape("\n".join(map(names.shown, paths))) for paths in columns),
                console.escape(item.page),
            )
        console.out.print(table if found else "The change touches no step.")
