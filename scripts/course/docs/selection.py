"""Which changed lines a fence shows: by symbol, phrase or hunk; what is said if none matches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from course.difference import symbols
from course.difference.changes import Edit, FileChange, Lines
from course.docs.fences import Fence
from course.errors import CourseError


def of_fence(fence: Fence, file: FileChange, others: Sequence[Fence] = ()) -> Lines:
    """Return the lines that a ``diff-file`` fence selects.

    Args:
        fence: the fence.
        file: the change of its file.
        others: the other fences of the page that show the same file: what they leave is the
            ``rest``, and blank lines between two pieces come with the second one alone.

    Raises:
        CourseError: when it selects nothing.
    """
    siblings = [other for other in others if not other.yes("rest")]
    if fence.yes("rest"):
        chosen = [_chosen(other, file) for other in siblings]
        shown = Lines()
        for position, own in enumerate(chosen):
            beside = [*chosen[:position], *chosen[position + 1 :]]
            shown |= own - _seams(own, beside, file, rest=True)
        rest = file.lines - shown
        if not rest:
            raise CourseError(
                f"{file.path}: the other fences of the page leave nothing over.",
                "Take this fence away.",
            )
        return rest
    selected = _chosen(fence, file)
    has_rest = len(siblings) < len(others)
    beside = [_chosen(other, file) for other in siblings]
    return selected - _seams(selected, beside, file, rest=has_rest)


def _seams(own: Lines, beside: Sequence[Lines], file: FileChange, *, rest: bool) -> Lines:
    """Return the added blank lines of a piece that belong to the piece after it.

    The blank lines between two pieces of a file come with the second one, so that pieces which are
    pasted one after the other give the file. Without this each of them would bring them.

    Args:
        own: what the piece's fence chooses.
        beside: what the other fences of the page choose.
        file: the change of the file.
        rest: whether a fence of the page shows what no other chooses.
    """
    given: set[int] = set()
    for edit in file.edits:
        follower = None
        for line in range(edit.new_end - 1, edit.new_start - 1, -1):
            if file.new_lines[line].strip():
                follower = line
            elif line in own.added and follower is not None and follower not in own.added:
                takers = [other for other in beside if follower in other.added]
                if any(line in other.added for other in takers) or (rest and not takers):
                    given.add(line)
    return Lines(added=frozenset(given))


def _chosen(fence: Fence, file: FileChange) -> Lines:
    """Return the lines that a fence chooses by itself."""
    parts = (*fence.all("symbol"), *fence.all("hunk"))
    if not parts:
        return file.lines
    selected = Lines()
    for name in fence.all("symbol"):
        selected |= _of_symbol(name, file)
    for phrase in fence.all("hunk"):
        selected |= _of_phrase(phrase, file)
    return selected


def symbol_ranges(fence: Fence, file: FileChange) -> list[symbols.Range]:
    """Return the lines of the new file that a fence's symbols take, changed or not."""
    found = [
        part
        for name in fence.all("symbol")
        for part in symbols.find(file.path, file.new_lines, name)
    ]
    return symbols.merge(found)


def _of_symbol(name: str, file: FileChange) -> Lines:
    old_path = file.change.old_path
    new = symbols.find(file.path, file.new_lines, name)
    old = symbols.find(old_path, file.old_lines, name)
    if not new and not old:
        known = sorted({*symbols.names(file.path, file.new_lines)})
        raise CourseError(f"{file.path} has no symbol `{name}`.", f"It has: {_listed(known)}.")
    selected = Lines(
        _with_blank_lines(old, file.old_lines, file.lines.removed),
        _with_blank_lines(new, file.new_lines, file.lines.added),
    )
    if not selected:
        changed = [n for n in _changed_symbols(file) if n != name]
        raise CourseError(
            f"{file.path}: the step does not change `{name}`.",
            f"It changes: {_listed(changed)}. For code that stays, use an excerpt fence.",
        )
    return selected


def _of_phrase(phrase: str, file: FileChange) -> Lines:
    selected = Lines()
    for edit in file.edits:
        removed = file.old_lines[edit.old_start : edit.old_end]
        added = file.new_lines[edit.new_start : edit.new_end]
        if any(phrase in line for line in (*removed, *added)):
            selected |= lines_of_edit(edit)
    if not selected:
        raise CourseError(
            f"{file.path}: no changed line contains `{phrase}`.",
            f"Look at the change with: course diff … {file.path}",
        )
    return selected


def lines_of_edit(edit: Edit) -> Lines:
    """Return the lines of one edit."""
    return Lines(
        frozenset(range(edit.old_start, edit.old_end)),
        frozenset(range(edit.new_start, edit.new_end)),
    )


def _with_blank_lines(
    ranges: Iterable[symbols.Range], lines: Sequence[str], changed: frozenset[int]
) -> frozenset[int]:
    """Return the changed lines in ranges, with the changed blank lines that touch them.

    The blank lines between two new functions belong to both, so that fences that show each symbol
    of a file leave none of them over.
    """
    selected: set[int] = set()
    for start, end in ranges:
        while start and start - 1 in changed and not lines[start - 1].strip():
            start -= 1
        while end < len(lines) and end in changed and not lines[end].strip():
            end += 1
        selected.update(changed.intersection(range(start, end)))
    return frozenset(selected)


def _changed_symbols(file: FileChange) -> list[str]:
    found = symbols.names(file.path, file.new_lines)
    return [
        name
        for name, ranges in found.items()
        if any(file.lines.added.intersection(range(*part)) for part in ranges)
    ]


def suggest(file: FileChange, missing: Lines) -> list[Fence]:
    """Return fences that show lines that a page does not show yet, as few as will do.

    Args:
        file: the change of a file.
        missing: its lines that no fence shows.
    """
    if missing == file.lines:
        return [Fence("diff-file", (file.path,))]
    symbol_names = []
    left = missing
    try:
        found = symbols.names(file.path, file.new_lines)
        # The outermost first: `Post` before `Post.save`.
        for name in sorted(found, key=lambda name: name.count(".")):
            if any(left.added.intersection(range(*part)) for part in found[name]):
                symbol_names.append(name)
                left -= _of_symbol(name, file)
    except CourseError:
        pass
    phrases = [
        phrase
        for edit in file.edits
        if lines_of_edit(edit) & left and (phrase := _phrase(file, edit))
    ]
    keys = {}
    if symbol_names:
        keys["symbol"] = tuple(symbol_names)
    if phrases:
        keys["hunk"] = tuple(dict.fromkeys(phrases))
    return [Fence("diff-file", (file.path,), keys or {"rest": ("yes",)})]


def _phrase(file: FileChange, edit: Edit) -> str:
    """Return a phrase by which an edit is found: its longest line, shortened."""
    added = file.new_lines[edit.new_start : edit.new_end]
    lines = added or file.old_lines[edit.old_start : edit.old_end]
    return max((line.strip() for line in lines), key=len, default="")[:60].rstrip()


def written(fence: Fence) -> str:
    """Return a fence as an author writes it."""
    lines = [f"```{fence.kind}", *fence.paths]
    lines += [f"{key}: {value}" for key, values in fence.keys.items() for value in values]
    return "\n".join([*lines, "```"])


def _listed(found: Sequence[str], most: int = 12) -> str:
    words = ", ".join(found[:most]) or "nothing that has a name"
    return f"{words}, …" if len(found) > most else words
