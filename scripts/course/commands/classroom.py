"""``course class``: its options, and the files that the table of a class is written to."""

from __future__ import annotations

from pathlib import Path

import click

from course import classroom, console
from course.chain import Chain
from course.errors import CourseError
from course.repository import Repository, write_if_changed


@click.command("class")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write it as CSV, too.")
@click.option("--html", "html_file", type=click.Path(path_type=Path), help="And as a page.")
def class_(folder: Path, csv_file: Path | None, html_file: Path | None) -> None:
    """Show what a class has done, from the files of `course check --export` in FOLDER.

    Of each learner the newest file counts. A file that is no result is named, and the others are
    shown.
    """
    chain = Chain(Repository.find())
    found = classroom.collect(chain, folder)
    table = classroom.rows(chain, found)
    shown = console.plain_table(*classroom.HEADINGS)
    for row in table:
        shown.add_row(*(console.escape(cell) for cell in row))
    console.out.print(shown)
    done = sum(report.done for report in found.reports)
    console.out.print(f"{len(table)} learners, {done} of them done with the step they checked")
    for place, newer in found.older.items():
        console.note(f"{place} is left out: {newer} is newer, of the same name")
    for place, said in found.foreign.items():
        console.warn(f"{place}: {said}")
    if csv_file:
        write_if_changed(csv_file, classroom.as_csv(table))
        console.note(f"wrote {csv_file}")
    if html_file:
        page = classroom.as_html(chain.course.about.title, table)
        write_if_changed(html_file, page)
        console.note(f"wrote {html_file}")
    if found.wrong:
        lines = [f"{place} is no result of a check: {said}" for place, said in found.wrong.items()]
        raise CourseError("\n".join(lines), "Ask for them again: course check --export NAME.json")
