"""Changing the catalogue as text, so that every comment and blank line of it survives.

A step's table is a run of lines: from its ``[[step]]`` to the next table that is not its own. To
insert and then to remove one gives the same bytes again. After each change the text is read once
more, and must say just what was meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from course.errors import CourseError
from course.repository import CATALOGUE

_HEADER = re.compile(r"^[ \t]*\[\[?[ \t]*([\w.\"'-]+)[ \t]*\]\]?[ \t]*(?:#.*)?$")
# What a copy of a step needs to run like it.
_INHERITED = ("services", "commands", "settings")
Tables = dict[str, Any]


def insert(text: str, after: str, slug: str, title: str, summary: str) -> str:
    """Return the catalogue with one more step, which runs like the step it follows.

    Args:
        text: the catalogue.
        after: the slug of the step it follows.
        slug: the new step's slug.
        title: its heading.
        summary: what the reader gains, in one sentence.
    """
    tables = tomllib.loads(text)
    model = next(step for step in tables["step"] if step["slug"] == after)
    document = tomlkit.document()
    document.add("slug", tomlkit.item(slug))
    document.add("title", tomlkit.item(title))
    document.add("summary", tomlkit.item(summary))
    document.add("part", tomlkit.item(model["part"]))
    if "group" in model:
        document.add("group", tomlkit.item(model["group"]))
    new: Tables = dict(document.unwrap())
    rows = ["[[step]]", *tomlkit.dumps(document).splitlines()]
    for key in _INHERITED:
        if key not in model:
            continue
        new[key] = model[key]
        if isinstance(model[key], dict):
            rows += ["", f"[step.{key}]", *tomlkit.dumps(model[key]).splitlines()]
        else:
            rows += tomlkit.dumps({key: model[key]}).splitlines()
    end = "\r\n" if "\r\n" in text else "\n"
    table = end.join(rows)
    lines = text.splitlines(keepends=True)
    _, at = _spans(text)[after]
    last = lines[at - 1]
    if not last.strip():
        made = table + end + end
    elif last.endswith("\n"):
        made = end + table + end
    else:
        made = end + end + table

    def expected(tables: Tables) -> None:
        tables["step"].insert(tables["step"].index(model) + 1, new)

    return _checked(text, "".join([*lines[:at], made, *lines[at:]]), expected)


def remove(text: str, slug: str) -> str:
    """Return the catalogue without a step."""

    def from_paths(tables: Any) -> None:
        for path in tables.get("path", []):
            if slug in path["steps"]:
                path["steps"].remove(slug)

    text = _edited(text, slug, from_paths)
    lines = text.splitlines(keepends=True)
    begin, end = _spans(text)[slug]
    last = lines[end - 1]
    head = "".join(lines[:begin])
    if last.strip():
        # At the end of the file the blank line before the table came with it.
        blank = re.compile(r"\r?\n\Z" if last.endswith("\n") else r"(\r?\n){1,2}\Z")
        if last.endswith("\n") and not lines[begin - 1].strip() or not last.endswith("\n"):
            head = blank.sub("", head)

    def expected(tables: Tables) -> None:
        tables["step"] = [step for step in tables["step"] if step["slug"] != slug]

    return _checked(text, head + "".join(lines[end:]), expected)


def rename(text: str, old: str, new: str, title: str = "") -> str:
    """Return the catalogue with another slug, and if given another title, for a step."""

    def change(tables: Any) -> None:
        for step in tables.get("step", []):
            if step["slug"] == old:
                step.update({"slug": new} | ({"title": title} if title else {}))
        for path in tables.get("path", []):
            if old in path["steps"]:
                path["steps"][path["steps"].index(old)] = new

    return _edited(text, old, change)


def _edited(text: str, slug: str, change: Callable[[Any], None]) -> str:
    """Return the catalogue with a change in the tables of a step and of the paths that name it.

    Each is parsed by itself: tomlkit would bring together tables of one name that stand apart.
    """
    pieces = re.split(r"(?m)^(?=[ \t]*\[\[[ \t]*(?:step|path)[ \t]*\]\])", text)
    for number, piece in enumerate(pieces):
        if slug in piece:
            try:
                document = tomlkit.parse(piece)
            except TOMLKitError:
                raise _by_hand() from None
            change(document)
            pieces[number] = tomlkit.dumps(document)
    return _checked(text, "".join(pieces), change)


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """Return the first line of each step's table and the one behind it, by slug."""
    lines = text.splitlines(keepends=True)
    tables = [
        (number, match[1])
        for number, line in enumerate(lines)
        if (match := _HEADER.match(line.rstrip("\r\n"))) and not match[1].startswith("step.")
    ]
    begins = [number for number, name in tables if name == "step"]
    slugs = [step["slug"] for step in tomllib.loads(text)["step"]]
    if len(begins) != len(slugs):
        raise _by_hand()
    stops = [*(number for number, _ in tables), len(lines)]
    spans = {}
    for slug, begin in zip(slugs, begins, strict=True):
        end = next(stop for stop in stops if stop > begin)
        if end < len(lines):
            # Comments right above the next table speak of it.
            above = end
            while lines[above - 1].lstrip().startswith("#"):
                above -= 1
            if not lines[above - 1].strip():
                end = above
        spans[slug] = (begin, end)
    return spans


def _checked(old: str, new: str, change: Callable[[Any], None]) -> str:
    wanted = tomllib.loads(old)
    change(wanted)
    try:
        found = tomllib.loads(new)
    except tomllib.TOMLDecodeError:
        raise _by_hand() from None
    if found != wanted:
        raise _by_hand()
    return new


def _by_hand() -> CourseError:
    return CourseError(
        f"{CATALOGUE} is written in a way that this tool cannot change safely.",
        "Write each step as [[step]] with one key a line, and try again.",
    )
