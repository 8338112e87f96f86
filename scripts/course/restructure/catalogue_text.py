"""Changing the catalogue as text, so that every comment and blank line of it survives.

A step's table is a run of lines: from its ``[[step]]`` to the next table that is not its own. To
insert and then to remove one gives the same bytes again. After each change the text is read once
more, and must say just what was meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tomlkit

from course.errors import CourseError
from course.repository import CATALOGUE

_HEADER = re.compile(r"^[ \t]*\[\[?[ \t]*([\w.\"'-]+)[ \t]*\]\]?[ \t]*(?:#.*)?$")
# What a copy of a step needs to run like it.
_INHERITED = ("services", "commands", "settings")
Tables = dict[str, Any]


@dataclass(frozen=True)
class _Span:
    """Where a step's table lies among the lines."""

    begin: int
    end: int


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
    at = _spans(text)[after].end
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
    lines = text.splitlines(keepends=True)
    span = _spans(text)[slug]
    begin = span.begin
    last = lines[span.end - 1]
    head = "".join(lines[:begin])
    if last.strip():
        # At the end of the file the blank line before the table came with it.
        blank = re.compile(r"\r?\n\Z" if last.endswith("\n") else r"(\r?\n){1,2}\Z")
        if last.endswith("\n") and not lines[begin - 1].strip() or not last.endswith("\n"):
            head = blank.sub("", head)

    def expected(tables: Tables) -> None:
        tables["step"] = [step for step in tables["step"] if step["slug"] != slug]
        for path in tables.get("path", []):
            path["steps"] = [step for step in path["steps"] if step != slug]

    return _checked(text, _in_paths(head + "".join(lines[span.end :]), slug, None), expected)


def rename(text: str, old: str, new: str, title: str = "") -> str:
    """Return the catalogue with another slug, and if given another title, for a step."""
    lines = text.splitlines(keepends=True)
    span = _spans(text)[old]
    wanted = {"slug": new} | ({"title": title} if title else {})
    for number in range(span.begin + 1, span.end):
        if _HEADER.match(lines[number].rstrip("\r\n")):
            break
        for key, value in wanted.items():
            quoted = tomlkit.item(value).as_string()
            pattern = rf"^([ \t]*{key}[ \t]*=[ \t]*)(?:\"(?:[^\"\\]|\\.)*\"|'[^']*')"
            lines[number] = re.sub(
                pattern, lambda match, q=quoted: match[1] + q, lines[number]  # type: ignore[misc]
            )

    def expected(tables: Tables) -> None:
        for step in tables["step"]:
            if step["slug"] == old:
                step.update(wanted)
        for path in tables.get("path", []):
            path["steps"] = [new if step == old else step for step in path["steps"]]

    return _checked(text, _in_paths("".join(lines), old, new), expected)


def _in_paths(text: str, old: str, new: str | None) -> str:
    """Return the catalogue with another slug, or without it, in the steps of every ``[[path]]``."""
    lines = text.splitlines(keepends=True)
    name = rf"(?:\"{re.escape(old)}\"|'{re.escape(old)}')"
    table = ""
    inside = False
    for number, line in enumerate(lines):
        if header := _HEADER.match(line.rstrip("\r\n")):
            table, inside = header[1], False
        inside = inside or (table == "path" and re.match(r"[ \t]*steps[ \t]*=", line) is not None)
        code, mark, comment = line.partition("#")
        if inside and new is not None:
            lines[number] = re.sub(name, f'"{new}"', code) + mark + comment
        elif inside:
            # With the comma after it; at the end of the list, with the one before.
            left = re.sub(rf"{name}[ \t]*,[ \t]*|(?:,[ \t]*)?{name}", "", code, count=1)
            # A line that held nothing else goes, and so does what it said of the step.
            lines[number] = left + mark + comment if left.strip() or left == code else ""
        inside = inside and "]" not in code
    return "".join(lines)


def _spans(text: str) -> dict[str, _Span]:
    """Return where each step's table lies, by slug."""
    lines = text.splitlines(keepends=True)
    headers = [
        (number, match[1])
        for number, line in enumerate(lines)
        if (match := _HEADER.match(line.rstrip("\r\n")))
    ]
    own = [(n, name) for n, name in headers if name != "step" and not name.startswith("step.")]
    begins = [n for n, name in headers if name == "step"]
    slugs = [step["slug"] for step in tomllib.loads(text)["step"]]
    if len(begins) != len(slugs):
        raise _by_hand()
    stops = sorted([*begins, *(n for n, _ in own), len(lines)])
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
        spans[slug] = _Span(begin, end)
    return spans


def _checked(old: str, new: str, change: Callable[[Tables], None]) -> str:
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
