"""What an edit changes that no editor shows: a byte-order mark, the last line break, the mode.

Such a change is carried like any other, and may conflict with a line that looks the same. A person
who did not mean it would never find it, so it is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from course.git import Entry
from course.propagate.git_objects import Objects

_MARK = b"\xef\xbb\xbf"
_FILE, _PROGRAM = "100644", "100755"


@dataclass(frozen=True)
class Unseen:
    """A change that cannot be seen.

    Attributes:
        path: the file, inside its link.
        words: what became of it, as the end of a sentence that begins with the file.
        only: whether the edit changes nothing else in the file.
    """

    path: str
    words: tuple[str, ...]
    only: bool


def changes(objects: Objects, old: str, new: str) -> tuple[Unseen, ...]:
    """Return the changes between two trees of a link that cannot be seen, in order of path."""
    found = []
    for path, (before, after) in objects.differences(old, new).items():
        if before is None or after is None or {before.mode, after.mode} - {_FILE, _PROGRAM}:
            continue
        change = _change(objects, path, before, after)
        if change.words:
            found.append(change)
    return tuple(found)


def _change(objects: Objects, path: str, before: Entry, after: Entry) -> Unseen:
    words = []
    if before.mode != after.mode:
        words.append("may be run now" if after.mode == _PROGRAM else "may no longer be run")
    had, has = objects.blob(before.blob), objects.blob(after.blob)
    if b"\0" in had or b"\0" in has:
        return Unseen(path, tuple(words), had == has)
    if had.startswith(_MARK) != has.startswith(_MARK):
        verb = "begins with" if has.startswith(_MARK) else "no longer begins with"
        words.append(f"{verb} a byte-order mark (three bytes that no editor shows)")
    had, has = had.removeprefix(_MARK), has.removeprefix(_MARK)
    if had and has and had.endswith(b"\n") != has.endswith(b"\n"):
        verb = "ends with" if has.endswith(b"\n") else "no longer ends with"
        words.append(f"{verb} a line break")
    return Unseen(path, tuple(words), _text(had) == _text(has))


def _text(content: bytes) -> bytes:
    text = content.replace(b"\r\n", b"\n")
    return text.removesuffix(b"\n")
