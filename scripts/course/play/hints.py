"""The next thing to do: the first piece of the next step's page that the playground lacks."""

from __future__ import annotations

from dataclasses import dataclass

from course import names
from course.difference import changes
from course.difference.changes import FileChange
from course.play import sections
from course.play.diagnosis import Difference
from course.play.sections import Shown


@dataclass(frozen=True)
class Hint:
    """The next thing to do.

    Attributes:
        path: the file; empty when nothing is left.
        what: what to do with it, in words.
        shown: the piece of the page that shows it; None when no page does.
        left: how many pieces of the page are left, this one included.
        count: how many there are.
    """

    path: str = ""
    what: str = ""
    shown: Shown | None = None
    left: int = 0
    count: int = 0


def next_of(difference: Difference) -> Hint:
    """Return the next thing to do."""
    chain, aim = difference.playground.chain, difference.aim
    parts = sections.of_page(chain, aim)
    undone = _Undone(difference)
    left = [(part, path) for part in parts if (path := undone.in_part(part))]
    if left:
        part, path = left[0]
        what = undone.what(path, part)
        return Hint(path, what, part, len(left), len(parts))
    for path in (*difference.own, *difference.files):
        if difference.state(path) != "extra" and not difference.files[path].mark:
            return Hint(path, undone.what(path, None), difference.section(path), 0, len(parts))
    return Hint(count=len(parts))


class _Undone:
    """What of the step's change is not in the playground yet."""

    def __init__(self, difference: Difference) -> None:
        self.difference = difference
        chain = difference.playground.chain
        self.step = sections.change_of(chain, difference.aim)
        self.forgotten = set(difference.forgotten())
        # What the learner has changed already on the step before, to see what is still to go.
        pair = (chain.pair_of(difference.aim)[0], difference.playground.tree)
        found = chain.store.changes(*pair)
        hunks = changes.hunks(chain.store, [pair])
        done = changes.between(found, {}, chain.store.blobs, hunks)
        self.done = {file.change.old_path: file for file in done.values() if file.change.old}

    def in_part(self, part: Shown) -> str:
        """Return the first file of a piece that is not done; empty when all are."""
        return next((path for path in part.paths if self._is_undone(path, part)), "")

    def _is_undone(self, path: str, part: Shown) -> bool:
        if path not in self.step:
            return False
        if self.step[path].mark:
            return path in self.forgotten
        differs = self.difference.files.get(path)
        if differs is None:
            return False
        if not part.lines:
            return True
        if part.lines.added & differs.lines.added:
            return True
        return bool(part.lines.removed - self._gone(path)) and bool(differs.lines.removed)

    def _gone(self, path: str) -> frozenset[int]:
        """Return the lines of the step before's file that the playground no longer has."""
        old = self.step[path].change.old_path
        file = self.done.get(old)
        return file.lines.removed if file else frozenset()

    def what(self, path: str, part: Shown | None) -> str:
        """Say what to do with a file."""
        file = self.difference.files[path]
        state = self.difference.state(path)
        shown = names.shown(path)
        if file.mark:
            return f"regenerate {shown} as the page says, or: course take {names.word(path)}"
        if state == "missing":
            return f"make the file {shown}{_size(file)}"
        if state.startswith("called "):
            return f"give {names.shown(file.change.old_path)} its name: {shown}"
        if state == "to go":
            return f"take {shown} away"
        symbols = part.fence.all("symbol") if part else ()
        inside = f", in {', '.join(symbols)}" if symbols else ""
        return f"edit {shown}{inside}{_size(file)}"


def _size(file: FileChange) -> str:
    added, removed = len(file.lines.added), len(file.lines.removed)
    words = [f"{added} to add"] if added else []
    words += [f"{removed} to take away"] if removed else []
    return f" (lines: {', '.join(words)})" if words else ""


def left(difference: Difference) -> list[str]:
    """Say how much of the page is still to do, if several pieces are."""
    hint = next_of(difference)
    if hint.left < 2:
        return []
    following = names.shown(hint.path)
    return [f"{hint.left} of the page's {hint.count} pieces are still to do; the next: {following}"]


def told(hint: Hint, difference: Difference) -> list[str]:
    """Return a hint as it is printed."""
    if not hint.path:
        place = sections.address(difference.playground.chain, difference.aim)
        where = f" of {place}" if place else ""
        return [f"Everything{where} is in your playground.", "  → course check"]
    lines = [f"Next: {hint.what}."]
    if hint.shown:
        lines.append(f"  read       {hint.shown.section}")
        if hint.shown.intro:
            lines.append(f"  it says    {_shortened(hint.shown.intro)}")
    if hint.left:
        done = hint.count - hint.left
        lines.append(f"  {done} of {hint.count} pieces of the page are done.")
    lines.append(f"  → then course check; as a last resort: course solve {names.word(hint.path)}")
    return lines


def _shortened(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"
