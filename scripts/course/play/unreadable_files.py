"""Syntax errors and merge markers in a learner's files, by kind of file, without running them."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from course.propagate.conflict_markers import marked_lines

# A rule of a Makefile whose line is not continued; its commands follow.
_RULE = re.compile(r"[\w.-]+( [\w.-]+)*:(?!=).*(?<!\\)$")


@dataclass(frozen=True)
class Unreadable:
    """A file that its program could not read.

    Attributes:
        path: the file.
        line: the line, from 1; 0 where it is not known.
        problem: what is wrong.
        shown: the line itself, if there is one.
    """

    path: str
    line: int
    problem: str
    shown: str = ""


def unreadable(files: Mapping[str, bytes]) -> list[Unreadable]:
    """Return the files whose form is wrong, in order of path.

    Args:
        files: content by path.
    """
    found = []
    for path, content in sorted(files.items()):
        pure = PurePosixPath(path)
        reader = _READERS.get(pure.suffix) or _READERS.get(pure.name)
        if reader is None:
            continue
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            found.append(Unreadable(path, line, "this is not UTF-8: save the file as UTF-8"))
            continue
        fault = _merge_marks(text) or reader(text)
        if fault:
            line, problem = fault
            lines = text.splitlines()
            shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
            found.append(Unreadable(path, line, problem, shown))
    return found


_Fault = tuple[int, str] | None


def _merge_marks(text: str) -> _Fault:
    marked = marked_lines(text.encode("utf-8"))
    if marked:
        return marked[0], "a mark of git's is left: keep one of the two versions, and take it out"
    return None


def _python(text: str) -> _Fault:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        kind = type(error).__name__
        return error.lineno or 0, f"{kind}: {error.msg}"
    except ValueError as error:
        return 0, f"{error}"
    return None


def _toml(text: str) -> _Fault:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        _, _, rest = said.rpartition("(at line ")
        number = rest.split(",")[0]
        return int(number) if number.isdigit() else 0, f"not valid TOML: {said}"
    return None


def _json(text: str) -> _Fault:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, f"not valid JSON: {error.msg}"
    return None


def _ini(text: str) -> _Fault:
    try:
        configparser.RawConfigParser(strict=False).read_string(text)
    except configparser.MissingSectionHeaderError as error:
        return error.lineno, "not valid: no [section] stands before this line"
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else 0
        return line, "not valid: a line is neither [section] nor name = value"
    return None


def _makefile(text: str) -> _Fault:
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(" ") and line.strip() and _RULE.match(before):
            return number, "a command begins with a tab here, and not with spaces"
        before = line
    return None


_READERS: Mapping[str, Callable[[str], _Fault]] = {
    ".py": _python,
    ".toml": _toml,
    ".json": _json,
    ".ini": _ini,
    ".cfg": _ini,
    "Makefile": _makefile,
}
