"""Writes ``docs/reference.md`` from the tool's help: verbs, exit codes, the tool's own folders.

It stands in ``docs/reference.md`` between two marks. ``course docs nav`` writes it, and
``course docs check`` fails when it is not what would be written now.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from course import cli
from course.docs import pages
from course.errors import CourseError
from course.repository import Repository, write_if_changed

PAGE = "reference.md"
BEGIN = "<!-- reference: begin (written by `course docs nav` from the tool's help) -->"
END = "<!-- reference: end -->"

_NEEDLESS = "nothing: it is regenerated when it is needed"
# What is in the folder of state: its name, what it holds, and what deleting it costs.
STATE: tuple[tuple[str, str, str], ...] = (
    ("backups/", "what a verb wrote over, or took away, that no commit holds", "your lost work"),
    ("bin/", "links to the programs that installing a step calls", _NEEDLESS),
    ("bundle/", "the packages that `course bundle` fetched", "fetching them again"),
    (
        "consoles/, mistakes/, inspected/",
        "which blocks, mistakes and pages were true, by content",
        "all of them are looked at again",
    ),
    ("containers-npm/", "what runs the pipelines of GitLab, for `course containers`", _NEEDLESS),
    (
        "covering/",
        "which tests reach what, for `course verify`",
        "one run that measures every test",
    ),
    ("cypress/", "Cypress and its browser, for `course browser-tests`", _NEEDLESS),
    ("docs/", "pieces of pages, and zips", _NEEDLESS),
    ("emulation-npm/", "the CLI of CDK, for `course deploy-emulated`", _NEEDLESS),
    ("environments/", "the steps' Python environments, one for each lock", _NEEDLESS),
    ("journal/", "a change that was interrupted; the next verb ends it", "never while it is there"),
    (
        "known/",
        "what `lint`, `docs check` and the pictures found, by content",
        "looking at everything again",
    ),
    ("lock, locks/", "keep two verbs from writing at once", "never while a verb runs"),
    ("logs/", "the output of what was run", "nothing"),
    ("npm/", "the steps' packages of npm, one folder for each lock", _NEEDLESS),
    (
        "once/",
        "which of the tool's own checks passed, by content",
        "running all of them again",
    ),
    ("pictures-new/", "the pictures that would replace stale ones", _NEEDLESS),
    ("playground/", "which step you are at, and which are finished", "your place in the course"),
    ("pre-commit/", "what the steps' hooks install", _NEEDLESS),
    ("prepared/", "databases with the demo data, for copies", _NEEDLESS),
    ("propagate/", "what was carried on, conflicts, how they were solved", "an open conflict"),
    (
        "results/",
        "which checks passed, and which files a linter, by content",
        "the next `course verify` runs all",
    ),
    ("running/", "which processes serve something, for `course stop`", "nothing, while none does"),
    ("run/", "the copies that `course run` serves, with databases and services", "their databases"),
    (
        "services/",
        "the data of your own Postgres and the others",
        "their data; `course services down` first",
    ),
    (
        "store.git/, store.lock",
        "the snapshots as git objects",
        "an open conflict; else nothing: it is regenerated",
    ),
)


def written() -> str:
    """Return the reference as it stands in the page, marks included."""
    lines = [BEGIN, ""]
    context = click.Context(cli.cli, info_name="course")
    lines += ["## Exit codes", "", "| code | means |", "|---|---|"]
    lines += [f"| `{code}` | {as_markdown(said)} |" for code, said in exit_codes().items()]
    lines += ["", "## What lies where", ""]
    lines += [
        "What the tool makes is in `.course/`, which git ignores. The copies that it works in "
        "are in the system's folder for temporary files, and go at the end.",
        "",
        "| in `.course/` | is | deleting it costs |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {holds} | {costs} |" for name, holds, costs in STATE]
    lines += ["", "## Verbs", ""]
    lines += [_help(cli.cli), ""]
    for command, inner in _commands(cli.cli, context):
        depth = "#" * (2 + inner.command_path.count(" "))
        lines += [f"{depth} {inner.command_path}", "", *_command(command, inner)]
    return "\n".join([*lines, END]) + "\n"


def exit_codes() -> dict[str, str]:
    """Return what each exit code means, as the command line itself tells it."""
    told = " ".join((cli.main.__doc__ or "").split())
    return dict(re.findall(r"(\d+): (.+?)(?:;|\.$)", told))


def _commands(
    group: click.Group, context: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield command, inner
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _command(command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = ["```text", usage, "```", "", _help(command), ""]
    records = [
        record
        for parameter in command.get_params(context)
        # What an argument is stands in the words above; not every option has words of its own.
        if "--help" not in parameter.opts
        and (record := parameter.get_help_record(context))
        and (record[1] or not isinstance(parameter, click.Argument))
    ]
    if records:
        lines += ["| word | means |", "|---|---|"]
        lines += [f"| `{words}` | {as_markdown(said)} |" for words, said in records]
        lines += [""]
    return lines


def _help(command: click.Command) -> str:
    paragraphs = inspect.cleandoc(command.help or "").replace("\b\n", "").split("\n\n")
    return "\n\n".join(as_markdown(paragraph) for paragraph in paragraphs)


def as_markdown(text: str) -> str:
    """Return plain text as Markdown that shows it; code stays code, and options are code, too."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    for position, part in enumerate(parts):
        if position % 2:
            # A row of a table ends its cell at a bar even inside of code.
            parts[position] = f"`{part}`".replace("|", "\\|")
            continue
        plain = re.sub(r"([\\`*_\[\]|])", r"\\\1", part)
        plain = plain.replace("<", "&lt;").replace(">", "&gt;")
        parts[position] = re.sub(r"(?<![\w-])(--[a-z][a-z-]*[a-z])", r"`\1`", plain)
    return "".join(parts)


@dataclass(frozen=True)
class Section:
    """A part of a page, between two marks, that the tool writes.

    Attributes:
        page: the path of the page inside ``docs/``.
        begin: the mark before it; what stands in brackets in it may differ.
        end: the mark after it.
        written: returns it, marks included.
    """

    page: str
    begin: str
    end: str
    written: Callable[[], str]

    def is_current(self, repository: Repository) -> bool:
        """Return whether the page, if there is one, holds what would be written now.

        Raises:
            CourseError: when the marks are not there.
        """
        path = repository.root / pages.DOCS / self.page
        return not path.exists() or self._renewed(path) == path.read_text(encoding="utf-8")

    def write(self, repository: Repository) -> bool:
        """Write it into its page, if there is one; return whether that changed.

        Raises:
            CourseError: when the marks are not there.
        """
        path = repository.root / pages.DOCS / self.page
        return path.exists() and write_if_changed(path, self._renewed(path).encode())

    def _renewed(self, path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        begin, end = text.find(self.begin.partition(" (")[0]), text.find(self.end)
        if begin < 0 or end < begin:
            raise CourseError(
                f"{pages.DOCS}/{self.page} has no lines `{self.begin}` and `{self.end}`.",
                "Put them at its end.",
            )
        return text[:begin] + self.written() + text[end + len(self.end) :].removeprefix("\n")


# A course without the page needs no reference.
SECTION = Section(PAGE, BEGIN, END, written)
