"""``course docs inspect``: its options, and how the flaws that a browser found are printed."""

from __future__ import annotations

import os
from pathlib import Path

import click

from course import console, deadline
from course.errors import CourseError
from course.repository import Repository


@click.command()
@click.argument("pages", nargs=-1)
@click.option(
    "--site-dir", type=click.Path(path_type=Path), help="Where the site lies (default: site)."
)
@click.option("--fresh", is_flag=True, help="Look at pages that are known from before, too.")
def inspect(pages: tuple[str, ...], site_dir: Path | None, fresh: bool) -> None:
    """Look at PAGES of the built site (default: all) in a browser: width, axe, keyboard, hosts.

    Of all pages together, it counts the code blocks that are cut off, and searches for the terms of
    docs/search.toml: the page that explains a term must be the first answer.

    Build the site first. A page without a fault is remembered by its content, and not looked at
    again. Without a Chromium, or without npm for axe-core, what is not looked at is reported as not
    run; in CI (CI=true) that is an error.
    """
    from course.docs.inspect.views import VIEWS
    from course.docs.inspect.inspection import inspect as inspect_site
    from course.docs.publish.build import SITE

    repository = Repository.find()
    folder = (site_dir or repository.root / SITE).resolve()
    with console.spinner("looking at the site in a browser …"):
        report = inspect_site(repository, folder, pages, fresh=fresh)
    for line in report.lines():
        console.out.print(console.escape(line), style="red")
    for part in report.not_run:
        console.out.print(
            f"[bold yellow]NOT RUN[/] docs inspect: {console.escape(part.what)}:"
            f" {console.escape(part.why)}\n  → {console.escape(part.remedy)}"
        )
    count = len(report.flaws)
    if report.pages:
        again = f"; {report.remembered} pages known from before" if report.remembered else ""
        console.note(f"{report.pages} pages in {len(VIEWS)} views: {count} faults{again}")
        cut, blocks = report.clipped
        found = f"; {report.terms} terms searched for" if report.terms else ""
        console.note(f"{cut} of {blocks} code blocks are cut off{found}")
    lacking = [part for part in report.not_run if not part.why.startswith(deadline.REASON)]
    if lacking and os.environ.get("CI") == "true":
        raise CourseError(
            "In CI, every page must be looked at in a browser, and was not.", lacking[0].remedy
        )
    if count:
        raise SystemExit(1)
