"""The ``mistake`` fence: its syntax, its messages, and how a mistake is planted in a copy.

A ``mistake`` fence holds hunks, each below the path of its file, as `course compare` shows them:
``-`` is what somebody has, ``+`` what the step has, a space is what both have. After ``---`` stands
what `course check` says to that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.docs.fences import Block
from course.errors import CourseError

MISTAKE = "mistake"
SEPARATOR = "---"
ALL = "all"

_KEY = re.compile(r"^(missing|tests):[ ]+(\S.*?)\s*$")


@dataclass(frozen=True)
class Hunk:
    """Lines of one file.

    Attributes:
        path: the file, inside the snapshot.
        rows: each a sign, as in a patch, and a line without it.
    """

    path: str
    rows: tuple[tuple[str, str], ...]

    @property
    def mine(self) -> tuple[str, ...]:
        """The lines as they are with the mistake."""
        return tuple(line for sign, line in self.rows if sign != "+")

    @property
    def theirs(self) -> tuple[str, ...]:
        """The lines as the step has them."""
        return tuple(line for sign, line in self.rows if sign != "-")


@dataclass(frozen=True)
class Planted:
    """A mistake.

    Attributes:
        hunks: what differs.
        missing: the files that are not there at all.
        all_tests: whether every test of the step is run, and not only those that are its own.
        says: what `course check` says to it.
        offset: the line in the block from which on that stands, from 0.
    """

    hunks: tuple[Hunk, ...]
    missing: tuple[str, ...]
    all_tests: bool
    says: tuple[str, ...]
    offset: int

    @property
    def paths(self) -> list[str]:
        """The files that differ."""
        return sorted({*self.missing, *(hunk.path for hunk in self.hunks)})


def read(block: Block) -> Planted:
    """Read a ``mistake`` fence.

    Raises:
        CourseError: when it is not as it should be.
    """
    lines = list(block.lines)
    end = lines.index(SEPARATOR) if SEPARATOR in lines else len(lines)
    hunks: list[tuple[str, list[tuple[str, str]]]] = []
    missing: list[str] = []
    tests = ""
    for line in lines[:end]:
        key = _KEY.match(line)
        if line[:1] in (" ", "-", "+") or (not line and hunks):
            if not hunks:
                raise CourseError(
                    f"a mistake fence that begins with the line `{line.strip()}`.",
                    "Its first line is the path of a file; the lines of that follow.",
                )
            hunks[-1][1].append((line[:1] or " ", line[1:]))
        elif key and key[1] == "missing":
            missing.append(key[2])
        elif key:
            tests = key[2]
        elif line:
            hunks.append((line.strip(), []))
    if tests not in ("", ALL):
        raise CourseError(f"a mistake fence with `tests: {tests}`.", f"Write `tests: {ALL}`.")
    found = tuple(Hunk(path, tuple(_trimmed(rows))) for path, rows in hunks)
    for hunk in found:
        if hunk.mine == hunk.theirs:
            raise CourseError(
                f"a mistake fence in which nothing is wrong with {hunk.path}.",
                "`-` is what somebody has, `+` what the step has.",
            )
    if not found and not missing:
        raise CourseError(
            "a mistake fence without a mistake.", "Name a file and its lines, or `missing: PATH`."
        )
    return Planted(found, tuple(missing), tests == ALL, tuple(lines[end + 1 :]), end + 1)


def _trimmed(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return rows without the blank lines at their end, which only separate."""
    kept = list(rows)
    while kept and kept[-1] == (" ", ""):
        kept.pop()
    return kept


def plant(planted: Planted, files: Mapping[str, str]) -> dict[str, str | None]:
    """Make the mistake.

    Args:
        planted: the mistake.
        files: the content of the step's files that it names, by path.

    Returns:
        What these files are then; None for one that is not there.

    Raises:
        CourseError: when a file is not in the step, or a hunk does not fit it in just one place.
    """
    for path in planted.paths:
        if path not in files:
            raise CourseError(f"the step has no file {path}.", "Fix the path in the fence.")
    found: dict[str, str | None] = {path: None for path in planted.missing}
    for hunk in planted.hunks:
        lines = (found.get(hunk.path) or files[hunk.path]).split("\n")
        wanted = list(hunk.theirs)
        places = [
            start
            for start in range(len(lines) - len(wanted) + 1)
            if lines[start : start + len(wanted)] == wanted
        ]
        if not wanted or len(places) != 1:
            count = "nowhere" if not places else f"in {len(places)} places"
            raise CourseError(
                f"the lines of {hunk.path} with a space or `+` stand {count} in the step's file.",
                "Copy them from there, spaces too, with enough lines around.",
            )
        start = places[0]
        lines[start : start + len(wanted)] = hunk.mine
        found[hunk.path] = "\n".join(lines)
    return found
