"""A step's difference from git: changed files, hunks, renames, and what counts as text.

The unit is the line: a line of the old file that goes, a line of the new one that comes. Git says
which (``git diff -U0 -M``), so that the site, ``course diff`` and a person's own git agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from course.chain import Chain, Link
from course.git import Change, Store

_INDEX = re.compile(rb"^index ([0-9a-f]{40})\.\.([0-9a-f]{40})", re.MULTILINE)
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
# Control characters that HTML, or Python-Markdown's own placeholders, would not carry unharmed.
_UNPRINTABLE = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")

SYMLINK = "120000"

# Returns the content of blobs by name.
Blobs = Callable[[Iterable[str]], Mapping[str, bytes]]


@dataclass(frozen=True)
class Edit:
    """A run of lines that goes and the run that comes in its place; both from 0, end exclusive."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


# The edits of changed files by the names of their blobs before and after.
Hunks = Mapping[tuple[str, str], tuple[Edit, ...]]


@dataclass(frozen=True)
class Lines:
    """Some of the lines that a step takes away (of the old file) and adds (of the new one)."""

    removed: frozenset[int] = frozenset()
    added: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)

    def __or__(self, other: Lines) -> Lines:
        return Lines(self.removed | other.removed, self.added | other.added)

    def __sub__(self, other: Lines) -> Lines:
        return Lines(self.removed - other.removed, self.added - other.added)

    def __and__(self, other: Lines) -> Lines:
        return Lines(self.removed & other.removed, self.added & other.added)


@dataclass(frozen=True)
class FileChange:
    """The change of one file.

    Attributes:
        change: what git says of it.
        mark: ``generated``, ``vendored`` or nothing.
        old: the content before; empty if there was none.
        new: the content after; empty if there is none.
        edits: the runs of lines that differ, in order; empty for binary content.
    """

    change: Change
    mark: str
    old: bytes
    new: bytes
    edits: tuple[Edit, ...]

    @property
    def path(self) -> str:
        """Its path: the new one, or the old one of a deleted file."""
        return self.change.path

    @cached_property
    def binary(self) -> bool:
        """Whether it has no lines that a page can show."""
        return not (is_text(self.old) and is_text(self.new))

    @cached_property
    def old_lines(self) -> list[str]:
        """The lines before, each with its ending."""
        return lines_of(self.old)

    @cached_property
    def new_lines(self) -> list[str]:
        """The lines after, each with its ending."""
        return lines_of(self.new)

    @cached_property
    def lines(self) -> Lines:
        """All of its changed lines."""
        return Lines(
            frozenset(i for edit in self.edits for i in range(edit.old_start, edit.old_end)),
            frozenset(i for edit in self.edits for i in range(edit.new_start, edit.new_end)),
        )

    @property
    def status(self) -> str:
        """What happened to it, in words."""
        words = []
        old, new = self.change.old, self.change.new
        if old is None:
            words.append("new")
        elif new is None:
            words.append("deleted")
        elif self.change.status == "R":
            words.append("renamed" if old.blob == new.blob else "renamed and changed")
        elif old.blob != new.blob:
            words.append("changed")
        if old and new and old.mode != new.mode:
            words.append("mode changed")
        return ", ".join(words)


def is_text(content: bytes) -> bool:
    """Return whether a page can show some content line by line."""
    if _UNPRINTABLE.search(content):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def lines_of(content: bytes) -> list[str]:
    """Split content at line feeds alone, as git does; every line keeps its ending."""
    pieces = content.decode("utf-8").split("\n")
    lines = [piece + "\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines


def of_step(chain: Chain, link: Link, blobs: Blobs, hunks: Hunks) -> dict[str, FileChange]:
    """Return what a link changes on the one before, by path, in git's order.

    Args:
        chain: the chain.
        link: the link.
        blobs: returns the content of blobs by name.
        hunks: the edits between the two trees, as `hunks` gives them; there may be more.
    """
    changes = chain.changes(link)
    marks = chain.marked(link, [change.path for change in changes])
    return between(changes, marks, blobs, hunks)


def between(
    changes: Iterable[Change], marks: Mapping[str, str], blobs: Blobs, hunks: Hunks
) -> dict[str, FileChange]:
    """Return the changes between two trees with their content, by path.

    Args:
        changes: what differs, as ``store.changes(old, new)`` gives it.
        marks: which paths are generated or vendored.
        blobs: returns the content of blobs by name.
        hunks: the edits between the two trees, as `hunks` gives them; there may be more.
    """
    listed = list(changes)
    sides = [side for change in listed for side in (change.old, change.new) if side]
    contents = blobs(side.blob for side in sides)
    found = {}
    for change in listed:
        before = contents[change.old.blob] if change.old else b""
        after = contents[change.new.blob] if change.new else b""
        edits: tuple[Edit, ...] = ()
        if is_text(before) and is_text(after) and before != after:
            pair = (change.old.blob, change.new.blob) if change.old and change.new else None
            same_type = pair and (change.status != "T")
            if pair and same_type and pair in hunks:
                edits = hunks[pair]
            else:
                edits = (Edit(0, len(lines_of(before)), 0, len(lines_of(after))),)
        mark = marks.get(change.path, "")
        found[change.path] = FileChange(change, mark, before, after, edits)
    return found


def hunks(
    store: Store, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[Edit, ...]]:
    """Return the edits of every changed file by the names of its two blobs.

    Args:
        store: where the trees are.
        pairs: trees, before and after; one call of git does for all of them.
    """
    words = ("diff-tree", "--stdin", "-r", "-p", "-U0", "-M", "--full-index", "--no-color")
    patch = store.run(*words, stdin="".join(f"{old} {new}\n" for old, new in pairs).encode())
    found = {}
    # With no context, every line of content begins with one of "+-\\"; so this is a file's start.
    for section in re.split(rb"^diff --git ", patch, flags=re.MULTILINE)[1:]:
        index = _INDEX.search(section)
        if index:
            edits = tuple(_edit(match.groups()) for match in _HUNK.finditer(section, index.end()))
            found[index[1].decode(), index[2].decode()] = edits
    return found


def _edit(numbers: tuple[bytes | None, ...]) -> Edit:
    old, old_count, new, new_count = (1 if n is None else int(n) for n in numbers)
    # A run of no lines is named by the line before it (git-diff, "combined diff format" aside).
    old_start = old - 1 if old_count else old
    new_start = new - 1 if new_count else new
    return Edit(old_start, old_start + old_count, new_start, new_start + new_count)
