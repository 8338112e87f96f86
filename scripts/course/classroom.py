"""The table of ``course class``: its columns, how many files are read, and its CSV and HTML."""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from course.chain import Chain
from course.errors import CourseError
from course.names import some
from course.play import export
from course.play.export import Report

HEADINGS = ("name", "step", "is", "tests", "look at", "finished", "checked")
# More files than this are no class: somebody named the wrong folder.
_MOST_FILES = 2000
_MOST_NAMES = 3


@dataclass
class Class:
    """The results of a class.

    Attributes:
        reports: the newest of each learner, by name.
        wrong: the files that are none, each with the reason.
        older: the files that a newer one of the same learner replaces.
        foreign: the files of steps that the course does not have.
    """

    reports: list[Report] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    older: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)


def collect(chain: Chain, folder: Path) -> Class:
    """Read every file ``*.json`` in a folder and in the folders inside it.

    Raises:
        CourseError: when there is no such folder, or nothing in it to read.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder.", "Name the folder with the collected files.")
    paths = _files(folder)
    if not paths:
        raise CourseError(
            f"{folder} holds no file *.json.",
            "Each learner makes one: course check --export NAME.json",
        )
    found = Class()
    known = {link.step.slug for link in chain}
    newest: dict[str, tuple[Report, str]] = {}
    for path in paths:
        place = _shown(path.relative_to(folder).as_posix())
        try:
            report = export.read(path)
        except FileNotFoundError:
            found.wrong[place] = "it is gone."
            continue
        except CourseError as error:
            found.wrong[place] = error.problem
            continue
        if report.course != chain.course.about.title:
            found.foreign[place] = f"it is of another course: {report.course}"
            continue
        if report.step not in known:
            found.foreign[place] = f"the course has no step {report.step}"
        key = " ".join(report.name.split()).casefold()
        other = newest.get(key)
        if other is not None and other[0].checked >= report.checked:
            found.older[place] = other[1]
            continue
        if other is not None:
            found.older[other[1]] = place
        newest[key] = (report, place)
    found.reports = [newest[key][0] for key in sorted(newest)]
    return found


def _files(folder: Path) -> list[Path]:
    paths: list[Path] = []
    # Links to folders are not followed: they may lead in a circle.
    for where, folders, names in os.walk(folder):
        folders.sort()
        paths += [Path(where, name) for name in sorted(names) if name.lower().endswith(".json")]
        if len(paths) > _MOST_FILES:
            raise CourseError(
                f"{folder} holds more than {_MOST_FILES} files *.json: that is no class.",
                "Name the folder with the collected files.",
            )
    return paths


def rows(chain: Chain, found: Class) -> list[tuple[str, ...]]:
    """Return a row of words for each learner, under `HEADINGS`."""
    labels = {link.step.slug: link.name for link in chain}
    total = sum(not link.is_copy for link in chain)
    return [
        (
            report.name,
            labels.get(report.step, report.step),
            "done" if report.done else "not yet",
            f"{report.passed} of {report.passed + len(report.failed)}",
            some(report.look or report.failed, _MOST_NAMES) if not report.done else "",
            f"{sum(slug in labels for slug in report.finished)} of {total}",
            report.checked.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )
        for report in found.reports
    ]


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """Return the table for a spreadsheet; no cell of it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (HEADINGS, *table):
        # OWASP, "CSV injection".
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in row])
    # The mark tells Excel that it is UTF-8.
    return out.getvalue().encode("utf-8-sig")


def as_html(title: str, table: Sequence[Sequence[str]]) -> bytes:
    """Return the table as a page of its own, which loads nothing."""

    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "\n".join(row(cells, "td") for cells in table)
    name = html.escape(title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>\n'
        "<style>body{font:16px/1.5 sans-serif;margin:2rem}table{border-collapse:collapse}"
        "th,td{border-bottom:1px solid #999;padding:.3rem .8rem;text-align:left}</style></head>\n"
        f"<body><h1>{name}</h1><table><thead>{row(HEADINGS, 'th')}</thead>\n"
        f"<tbody>{body}</tbody></table></body></html>\n"
    ).encode()


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)
