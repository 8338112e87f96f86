"""The syntax of fences in pages: their kinds, the keys of each, and the error messages.

This module knows text alone: no chain, no HTML. What the fences mean to authors is told in
``docs/contributors/writing-pages.md``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from course.errors import CourseError

CONSOLE = "console"

# Fence → the keys that may follow its path.
KEYS: Mapping[str, frozenset[str]] = {
    "diff-file": frozenset({"symbol", "hunk", "rest", "title", "fold"}),
    "excerpt": frozenset({"symbol", "from", "to", "step", "title"}),
    "tree": frozenset({"depth", "only", "step"}),
    "figure": frozenset({"caption"}),
    "waive": frozenset({"reason"}),
    "generated": frozenset(),
    "timetable": frozenset({"minutes", "lessons", "from", "to"}),
    "steps": frozenset({"from", "to"}),
    "path": frozenset(),
    "road": frozenset(),
    "factors": frozenset(),
}
# The keys whose values a page shows, as Markdown; the others are for the tool alone.
SHOWN = frozenset({"title", "fold", "caption", "reason"})
_FIRST_LINE = {
    "figure": "Its first line is the name of a file of docs/figures; one fence, one figure.",
    "": "Its first line is a path inside the snapshot; one fence, one file.",
}
_NO_PATH = frozenset({"timetable", "steps", "road", "factors"})
_SEVERAL_PATHS = frozenset({"waive", "generated"})
_CONSOLE_WORDS = frozenset({"at", "background", "port", "exit", "step", "needs", "not-run"})

# CommonMark, section 4.5: three or more of one character; the closing fence has no fewer, and
# nothing after it. The indentation is that of the list item or admonition around the block.
_OPENING = re.compile(r"^(?P<indent>[ ]*)(?P<marks>`{3,}|~{3,})[ ]*(?P<info>[^`]*)$")
_KEY = re.compile(r"^(?P<key>[a-z]+):[ ]+(?P<value>.*\S)\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block as it stands in a page.

    Attributes:
        language: the first word after the opening marks.
        info: what follows that word.
        lines: what is inside, without the block's own indentation.
        first: the line of its opening marks, from 0.
        last: the line of its closing marks, from 0.
        indent: the spaces before its opening marks.
    """

    language: str
    info: str
    lines: tuple[str, ...]
    first: int
    last: int
    indent: str = ""


@dataclass(frozen=True)
class Fence:
    """A block that names a piece of a snapshot.

    Attributes:
        kind: one of `KEYS`.
        paths: the paths it names; most kinds name just one.
        keys: the values of each key, in the order in which they stand.
    """

    kind: str
    paths: tuple[str, ...]
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The one path."""
        return self.paths[0]

    def one(self, key: str, default: str = "") -> str:
        """Return the last value of a key."""
        return self.keys.get(key, (default,))[-1]

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of a key."""
        return self.keys.get(key, ())

    def yes(self, key: str) -> bool:
        """Return whether a key says ``yes``."""
        return self.one(key).lower() == "yes"


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Find the fenced blocks of a page; a block inside a block is text.

    A block without a closing fence runs to the end, as in CommonMark.
    """
    position = 0
    while position < len(lines):
        opening = _OPENING.match(lines[position])
        if opening is None:
            position += 1
            continue
        indent, marks = opening["indent"], opening["marks"]
        closing = re.compile(rf"^[ ]*{re.escape(marks[0])}{{{len(marks)},}}[ ]*$")
        last = position + 1
        while last < len(lines) and not closing.match(lines[last]):
            last += 1
        inside = tuple(
            line.removeprefix(indent) if line.startswith(indent) else line.lstrip()
            for line in lines[position + 1 : last]
        )
        language, _, info = opening["info"].strip().partition(" ")
        yield Block(language, info.strip(), inside, position, min(last, len(lines) - 1), indent)
        position = last + 1


def read(block: Block) -> Fence:
    """Read a block whose language is one of `KEYS`.

    Raises:
        CourseError: when it names no path, or a key that the fence does not have.
    """
    known = KEYS[block.language]
    paths: list[str] = []
    keys: dict[str, list[str]] = {}
    for line in block.lines:
        if not line.strip():
            continue
        match = _KEY.match(line)
        if match is None and not keys:
            paths.append(line.strip().removeprefix("./"))
        elif match is None:
            raise CourseError(
                f"`{line.strip()}` in a {block.language} fence is neither a key nor a path.",
                "Paths come first, one a line; keys follow as `key: value`.",
            )
        elif match["key"] not in known:
            names = ", ".join(sorted(known)) or "none"
            raise CourseError(
                f"a {block.language} fence has no key `{match['key']}`.", f"Its keys: {names}."
            )
        else:
            keys.setdefault(match["key"], []).append(match["value"])
    if block.language in _NO_PATH:
        if paths:
            raise CourseError(
                f"a {block.language} fence names a path: {paths[0]}.", "It has keys alone."
            )
    elif not paths or (len(paths) > 1 and block.language not in _SEVERAL_PATHS):
        count = "no path" if not paths else f"{len(paths)} paths"
        raise CourseError(
            f"a {block.language} fence with {count}.",
            _FIRST_LINE.get(block.language, _FIRST_LINE[""]),
        )
    if block.language == "waive" and "reason" not in keys:
        raise CourseError("a waive fence without a reason.", "Add a line `reason: …`.")
    return Fence(block.language, tuple(paths), {key: tuple(v) for key, v in keys.items()})


def shown(block: Block) -> list[tuple[int, str]]:
    """Return the text that an author wrote into a fence for the page to show.

    A caption, a title, why a file is folded or left out, why a console block is not run. What is
    wrong with the fence is not said here.

    Returns:
        Each text with its line in the block; 0 is that of the opening marks.
    """
    if block.language == CONSOLE:
        try:
            reason = console_words(block).get("not-run", "")
        except CourseError:
            reason = ""
        return [(0, reason)] if reason else []
    if block.language not in KEYS:
        return []
    keys = ((number, _KEY.match(line)) for number, line in enumerate(block.lines, 1))
    return [(number, key["value"]) for number, key in keys if key and key["key"] in SHOWN]


def console_words(block: Block) -> dict[str, str]:
    """Return what stands after ``console``: each word with its value, or with ``""``.

    Raises:
        CourseError: when a word is unknown, or quotes do not match.
    """
    words = {}
    try:
        parts = shlex.split(block.info)
    except ValueError as error:
        raise CourseError(f"console {block.info}: {error}.", "Close the quotes.") from None
    for part in parts:
        name, _, value = part.partition("=")
        if name not in _CONSOLE_WORDS:
            known = ", ".join(sorted(_CONSOLE_WORDS))
            raise CourseError(f"a console block knows no word `{name}`.", f"It knows: {known}.")
        if name != "background" and not value.strip():
            raise CourseError(f"console {name} without a value.", f'Write {name}="…".')
        words[name] = value
    return words
