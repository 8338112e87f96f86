"""Nothing unexplained, nothing untrue: the diffs of a built page are the step's difference.

What the page shows is applied to the step before, from the built HTML alone; the result must be
the step, byte for byte and mode for mode, outside what is waived.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from course.chain import Link
from course.difference.changes import FileChange, Lines, is_text, lines_of
from course.docs import selection
from course.docs.built_page import BuiltPage, ShownFile
from course.docs.checked import Checked
from course.docs.pages import Page, uri_of
from course.docs.site import Fault


class NotTheFile(Exception):
    """What a page shows of a file does not fit the file."""


def check(checked: Checked) -> list[Fault]:
    """Check the page of every step that has one."""
    faults = []
    for link in checked.site.chain:
        page = checked.pages.get(uri_of(checked.site.chain, link))
        if page is not None and page.uri in checked.built:
            faults += _of_page(checked, link, page, checked.built[page.uri])
    return faults


def _of_page(checked: Checked, link: Link, page: Page, built: BuiltPage) -> list[Fault]:
    changes = checked.site.changes(link)
    faults = []
    for path in dict.fromkeys(shown.path for shown in built.files):
        if path not in changes:
            line = checked.line_of_path(page, path)
            faults.append(Fault(page.place, line, f"shows a change of {path}; there is none."))
    for path, file in changes.items():
        pieces = [shown for shown in built.files if shown.path == path]
        line = checked.line_of_path(page, path)
        if not pieces and path in built.waived:
            continue
        if not pieces and file.mark:
            faults += _listed(page, built, file)
            continue
        if not pieces:
            remedy = "paste: " + _suggestion(file, file.lines)
            faults.append(
                Fault(page.place, line, f"{path} ({file.status}) is not on the page.", remedy)
            )
            continue
        missing = file.lines - _shown_lines(pieces)
        if missing and path not in built.waived:
            count = len(missing.added | missing.removed)
            words = f"{count} changed line{'s' * (count != 1)} of {path} not on the page:"
            faults.append(
                Fault(
                    page.place,
                    line,
                    f"{words} {_first(file, missing)}",
                    "paste: " + _suggestion(file, missing),
                )
            )
            continue
        try:
            content = rebuild(pieces, file.old)
            _compare(file, pieces, content)
        except NotTheFile as error:
            faults.append(
                Fault(page.place, line, f"{path}: {error}", "course docs build, and try again")
            )
    return faults


def _listed(page: Page, built: BuiltPage, file: FileChange) -> list[Fault]:
    """Check that a generated or vendored file is listed with its sum."""
    wanted = hashlib.sha256(file.new).hexdigest() if file.change.new else ""
    if built.marked.get(file.path) == wanted:
        return []
    problem = f"{file.path} is {file.mark}, and is not in the list with its sum."
    return [Fault(page.place, 0, problem, "The page of a step has the list by itself; rebuild.")]


def rebuild(pieces: Sequence[ShownFile], old: bytes) -> bytes:
    """Return the content that a page says a file has after the step.

    Args:
        pieces: all that the page shows of the file.
        old: its content before.

    Raises:
        NotTheFile: when what is shown does not fit the content before.
    """
    carried = [piece.content for piece in pieces if piece.content is not None]
    if carried:
        return carried[0]
    first = pieces[0]
    if first.old == first.new:
        return old
    if not first.new and not is_text(old):
        return b""
    if not is_text(old):
        raise NotTheFile("the file before is not text, and the page does not carry the new one.")
    lines = lines_of(old)
    removed: dict[int, str] = {}
    added: dict[int, str] = {}
    for piece in pieces:
        removed |= _agreeing(removed, piece.removed)
        added |= _agreeing(added, piece.added)
    for number, text in removed.items():
        if not 0 <= number < len(lines) or lines[number] != text:
            raise NotTheFile(f"line {number + 1} is not {text!r} in the step before.")
    kept = iter([line for number, line in enumerate(lines) if number not in removed])
    total = len(lines) - len(removed) + len(added)
    out = []
    for number in range(total):
        line = added[number] if number in added else next(kept, None)
        if line is None:
            raise NotTheFile("the positions of its hunks do not fit the step before.")
        out.append(line)
    if added and not 0 <= min(added) <= max(added) < total:
        raise NotTheFile("the positions of its hunks do not fit the step before.")
    for piece in pieces:
        for before, after, text in piece.context:
            if lines[before : before + 1] != [text] or out[after : after + 1] != [text]:
                raise NotTheFile(f"shows {text!r} as unchanged, which it is not.")
    return "".join(out).encode("utf-8", "surrogatepass")


def _agreeing(known: dict[int, str], more: dict[int, str]) -> dict[int, str]:
    for number, text in more.items():
        if known.get(number, text) != text:
            raise NotTheFile(f"line {number + 1} is shown twice, and differently.")
    return more


def blob_name(content: bytes) -> str:
    """Return git's name for some content (gitformat-pack, "loose objects")."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _compare(file: FileChange, pieces: Sequence[ShownFile], content: bytes) -> None:
    change = file.change
    said = pieces[0]
    if any(
        (p.old_mode, p.new_mode, p.old_path) != (said.old_mode, said.new_mode, said.old_path)
        for p in pieces
    ):
        raise NotTheFile("two fences say different things of it.")
    old_mode = change.old.mode if change.old else ""
    new_mode = change.new.mode if change.new else ""
    if (said.old_mode, said.new_mode) != (old_mode, new_mode):
        raise NotTheFile(f"its mode goes {old_mode or '-'} → {new_mode or '-'}, not as shown.")
    if said.old_path != change.old_path:
        raise NotTheFile(f"it was called {change.old_path} before.")
    if change.new is None:
        if said.new:
            raise NotTheFile("the step deletes it, and the page does not say so.")
        return
    if file.binary and not any(piece.content is not None for piece in pieces):
        # Too large for a page: the page gives its name, which is a sum of the content.
        content = file.new if said.new == change.new.blob else b""
    if blob_name(content) != change.new.blob:
        raise NotTheFile("applied to the step before, the diff does not give the file.")


def _shown_lines(pieces: Sequence[ShownFile]) -> Lines:
    shown = Lines()
    for piece in pieces:
        shown |= Lines(frozenset(piece.removed), frozenset(piece.added))
    return shown


def _suggestion(file: FileChange, missing: Lines) -> str:
    fences = selection.suggest(file, missing)
    return " ⏎ ".join(selection.written(fence).replace("\n", " ⏎ ") for fence in fences)


def _first(file: FileChange, missing: Lines) -> str:
    if missing.added:
        return f"+{file.new_lines[min(missing.added)].strip()[:60]}"
    return f"-{file.old_lines[min(missing.removed)].strip()[:60]}"
