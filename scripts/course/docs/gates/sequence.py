"""In which order a page shows a file: what is typed in the page's order works at every stop.

Three rules, each about a person who types along. The pieces of a new file, copied one after the
other, are the file. What a line needs to be imported is shown before the line, or with it. A
generated file, which nobody types, comes with the command that makes it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from course import syntax
from course.catalogue import Made
from course.difference.changes import FileChange, Lines
from course.docs import fences, selection
from course.docs.checked import Checked
from course.docs.consoles import transcripts
from course.docs.fences import CONSOLE, Block, Fence
from course.docs.pages import Page, uri_of
from course.docs.site import Fault
from course.errors import CourseError

_REORDER = "Move the fences, so that they follow the order of the file."


@dataclass(frozen=True)
class Piece:
    """What one fence of a page shows of a file.

    Attributes:
        line: the fence's line in the page, from 1.
        lines: the changed lines that it shows.
    """

    line: int
    lines: Lines


def check(checked: Checked) -> list[Fault]:
    """Check the page of every step that has one."""
    faults = []
    made = checked.site.chain.course.made
    for link in checked.site.chain:
        page = checked.pages.get(uri_of(checked.site.chain, link))
        if page is not None:
            faults += _of_page(page, checked.site.changes(link), made)
    return faults


def _of_page(page: Page, changes: Mapping[str, FileChange], made: Sequence[Made]) -> list[Fault]:
    found: dict[str, list[tuple[Block, Fence]]] = {}
    for block in page.blocks:
        if block.language == "diff-file":
            try:
                fence = fences.read(block)
            except CourseError:  # the build names it
                continue
            found.setdefault(fence.path, []).append((block, fence))
    faults = []
    for path, shown in found.items():
        faults += _unmade(page, path, shown, made)
        if path not in changes or len(shown) < 2:
            continue
        try:
            pieces = _pieces(page, shown, changes[path])
        except CourseError:  # the build names it
            continue
        faults += _out_of_order(page, changes[path], pieces)
        faults += _imports(page, changes[path], pieces)
    return faults


def _pieces(page: Page, shown: Sequence[tuple[Block, Fence]], file: FileChange) -> list[Piece]:
    pieces = []
    for block, fence in shown:
        others = [other for _, other in shown if other != fence]
        lines = selection.of_fence(fence, file, others)
        pieces.append(Piece(block.first + 1, lines))
    return pieces


# --- Files that a command makes


def _unmade(
    page: Page, path: str, shown: Sequence[tuple[Block, Fence]], made: Sequence[Made]
) -> list[Fault]:
    """Return the fault of a file that a command makes, if no console block of the page has it."""
    wanted = [
        entry.command
        for entry in made
        if any(fnmatchcase(path, pattern) for pattern in entry.files)
    ]
    if not wanted or any(command in text for command in wanted for text in _commands(page)):
        return []
    problem = f"{path} is made by a command that the page does not show: {wanted[0]} …"
    remedy = "Put it into a console block before the fence."
    return [Fault(page.place, shown[0][0].first + 1, problem, remedy)]


def _commands(page: Page) -> list[str]:
    """Return what the console blocks of a page have one type."""
    found = []
    for block in page.blocks:
        if block.language == CONSOLE:
            try:
                found += [command.text for command in transcripts.read(block, 0).commands]
            except CourseError:  # the build names it
                continue
    return found


# --- The pieces of a new file


def _out_of_order(page: Page, file: FileChange, pieces: Sequence[Piece]) -> list[Fault]:
    """Return the first piece of a new file that does not go on where the others end.

    A line that no piece shows is another gate's.
    """
    if file.change.old is not None:
        return []
    end = -1
    for piece in pieces:
        for number in sorted(piece.lines.added):
            if number <= end:
                text = file.new_lines[number].strip() or "a blank line"
                problem = (
                    f"the pieces of {file.path}, copied one after the other, do not give the "
                    f"file: line {number + 1} ({text[:60]}) comes after line {end + 1}."
                )
                return [Fault(page.place, piece.line, problem, _REORDER)]
            end = number
    return []


# --- Imports


def _imports(page: Page, file: FileChange, pieces: Sequence[Piece]) -> list[Fault]:
    """Return the pieces that use a name whose import only a later one shows."""
    if not file.path.endswith(".py"):
        return []
    old = _imported("".join(file.old_lines)) if file.old and not file.binary else {}
    new = {
        name: lines & file.lines.added
        for name, lines in _imported("".join(file.new_lines)).items()
        if name not in old and lines & file.lines.added
    }
    uses = _uses("".join(file.new_lines), new)
    faults = []
    for position, piece in enumerate(pieces):
        shown = frozenset().union(*(earlier.lines.added for earlier in pieces[: position + 1]))
        later = frozenset().union(*(other.lines.added for other in pieces[position + 1 :]))
        for name, lines in new.items():
            used = sorted(uses.get(name, frozenset()) & piece.lines.added)
            if used and not lines & shown and lines & later:
                problem = (
                    f"shows line {used[0] + 1} of {file.path}, which needs `{name}`, before the "
                    f"import of it (line {min(lines) + 1})."
                )
                remedy = "Show the import with this piece or before it: `symbol: imports`."
                faults.append(Fault(page.place, piece.line, problem, remedy))
                break
    return faults


def _imported(source: str) -> dict[str, frozenset[int]]:
    """Return the names that a Python file imports, each with its lines, from 0."""
    try:
        tree = syntax.parse(source)
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, frozenset[int]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = found.get(name, frozenset()) | {alias.lineno - 1}
    return found


def _uses(source: str, names: Iterable[str]) -> dict[str, frozenset[int]]:
    """Return the lines, from 0, on which names are read outside of imports."""
    wanted = set(names)
    if not wanted:
        return {}
    found: dict[str, frozenset[int]] = {}
    for node in ast.walk(syntax.parse(source)):
        if isinstance(node, ast.Name) and node.id in wanted:
            found[node.id] = found.get(node.id, frozenset()) | {node.lineno - 1}
    return found
