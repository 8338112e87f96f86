"""A file's change as HTML: lines of context, badges, up to which size it is shown whole.

The HTML holds everything from which the change can be rebuilt: names and modes of both sides, the
position of each hunk, and every line as it is. What is only for the eye (signs, "no newline at
the end", a visible carriage return) is put there by the style sheet, so that it is never copied.

    figure[data-diff]            the file: data-path, -old-path, -old, -new (blobs), -old-mode, …
      figcaption                 name, badge, counts, the choice of view, the copy button
      pre > code                 the text, in order:
        span.h[data-o][data-n]     a hunk that is shown; where it begins in both files, from 1
        span.g                     what lies between hunks; seen in the view of the whole file
          ins, del                   added and removed lines; everything else is unchanged
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from course.difference.changes import SYMLINK, FileChange, Lines
from course.difference.symbols import Range
from course.docs import highlight
from course.docs.highlight import attribute, escape, inline
from course.docs.rendered_cache import ID

_CONTEXT = 3
# A symbol of up to this many lines is shown whole, so that copying gives all of it.
_WHOLE_SYMBOL = 40
# The view of the whole file is left out above this many lines.
_WHOLE_FILE = 1500
# Content that is not text is carried in the page up to this many bytes.
CARRIED = 512 * 1024

_TRAILING = re.compile(r"(?<=.)([ \t]+)(?=(?:&#13;)?\n?$)")
_BADGES = {"new": "new file", "deleted": "deleted", "changed": "changed", "renamed": "renamed"}


@dataclass(frozen=True)
class Row:
    """A line of the view: ``" "`` unchanged, ``"-"`` removed, ``"+"`` added; numbers from 0."""

    kind: str
    old: int
    new: int


def render(
    file: FileChange,
    selected: Lines,
    ranges: Sequence[Range] = (),
    title: str = "",
    fold: str = "",
) -> str:
    """Return a file's change as a figure.

    Args:
        file: the change.
        selected: the changed lines to show.
        ranges: lines of the new file to show though they did not change (of a symbol).
        title: words beside the name.
        fold: why the code is folded away; empty to show it.
    """
    body, whole = _body(file, selected, ranges)
    if fold and body:
        body = f'<details class="cd-fold"><summary>{inline(fold)}</summary>{body}</details>'
    return (
        f'<figure class="cd" {_data(file)} aria-label="{attribute(_label(file))}">'
        f"{_caption(file, selected, title, whole)}{body}</figure>"
    )


def _data(file: FileChange) -> str:
    change = file.change
    values = {
        "diff": change.status,
        "path": change.path,
        "old-path": change.old_path,
        "old": change.old.blob if change.old else "",
        "new": change.new.blob if change.new else "",
        "old-mode": change.old.mode if change.old else "",
        "new-mode": change.new.mode if change.new else "",
    }
    return " ".join(f'data-{key}="{attribute(value)}"' for key, value in values.items())


def _label(file: FileChange) -> str:
    return f"{file.path}: {file.status}"


def _caption(file: FileChange, selected: Lines, title: str, whole: bool) -> str:
    status = file.status.split(" ")[0].rstrip(",") or "mode"
    words = [_BADGES.get(part, part) for part in file.status.split(", ")]
    if file.mark:
        words.append(file.mark)
    if _mode(file) == SYMLINK:
        words.append("symbolic link")
    badge = f'<span class="cd-badge cd-{status}">{escape(", ".join(words))}</span>'
    name = f"<code>{_breakable(file.path)}</code>"
    if file.change.old_path != file.path:
        name = f"<code>{_breakable(file.change.old_path)}</code> → {name}"
    extra = f'<span class="cd-title">{inline(title)}</span>' if title else ""
    return (
        f'<figcaption><span class="cd-name">{name}</span>{badge}{_modes(file)}'
        f"{counts(len(selected.added), len(selected.removed))}{extra}"
        f'<span class="cd-tools">{_views(file) if whole else ""}{_copy(file)}</span></figcaption>'
    )


def _mode(file: FileChange) -> str:
    entry = file.change.new or file.change.old
    return entry.mode if entry else ""


def _modes(file: FileChange) -> str:
    old, new = file.change.old, file.change.new
    if old and new and old.mode != new.mode:
        words = f"mode {old.mode} → {new.mode}"
    elif new and not old and new.mode == "100755":
        words = "may be run"
    else:
        return ""
    return f'<span class="cd-mode">{words}</span>'


def counts(added: int, removed: int) -> str:
    """Return how many lines come and go, for the eye and for a screen reader."""
    shown = []
    if added:
        shown.append(f'<span class="cd-plus">+{added}</span>')
    if removed:
        shown.append(f'<span class="cd-minus">−{removed}</span>')
    if not shown:
        return ""
    said = f"{_lines(added)} added, {_lines(removed)} removed"
    inside = " ".join(shown)
    return (
        f'<span class="cd-count" title="{said}"><span aria-hidden="true">{inside}</span>'
        f'<span class="cd-said">{said}</span></span>'
    )


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _breakable(path: str) -> str:
    """Return a path that a narrow window may break after a slash."""
    return escape(path).replace("/", "/<wbr>")


def _views(file: FileChange) -> str:
    """Return the choice between the changes and the whole file: radio buttons, no script."""
    radio = (
        '<label><input type="radio" name="{id}" class="{name}"{checked}><span>{text}</span></label>'
    )
    parts = (
        radio.format(id=ID, name="cd-changes", checked=" checked", text="Changes"),
        radio.format(id=ID, name="cd-whole", checked="", text="Whole file"),
    )
    return (
        f'<span class="cd-views" role="radiogroup" aria-label="How to show '
        f'{attribute(file.path)}">{"".join(parts)}</span>'
    )


def _copy(file: FileChange) -> str:
    if file.binary or not file.new:
        return ""
    return copy_button(f"the new code of {file.path}")


def copy_button(what: str) -> str:
    """Return a button that the script makes visible; without a script there is none."""
    label = f"Copy {attribute(what)}"
    return f'<button type="button" class="cd-copy" aria-label="{label}" hidden>Copy</button>'


# --- The code


def _body(file: FileChange, selected: Lines, ranges: Sequence[Range]) -> tuple[str, bool]:
    """Return the figure's body, and whether it has a view of the whole file."""
    if file.binary:
        return _binary(file), False
    if not file.edits:
        return _no_lines(file), False
    old = highlight.lines(file.change.old_path, "".join(file.old_lines))
    new = highlight.lines(file.path, "".join(file.new_lines))
    rows = list(all_rows(file))
    shown = _shown(rows, selected, ranges)
    offered = bool(file.new) and len(file.new_lines) <= _WHOLE_FILE
    one_sided = not file.old or not file.new
    parts = []
    position = 0
    hidden = False
    for is_shown, group in groupby(range(len(rows)), key=lambda index: index in shown):
        indices = list(group)
        chunk = rows[indices[0] : indices[-1] + 1]
        position += len(chunk)
        html = _chunk(chunk, old, new, one_sided)
        if is_shown:
            where = f'data-o="{chunk[0].old + 1}" data-n="{chunk[0].new + 1}"'
            parts.append(f'<span class="h" {where}>{html}</span>')
        else:
            hidden = True
            kept = sum(row.kind != "-" for row in chunk)
            said = f"{_lines(kept)} not shown" if kept else "…"
            parts.append(f'<span class="g" data-l="{said}">{html if offered else ""}</span>')
    whole = offered and (hidden or any(row.kind == "-" for row in rows))
    label = attribute(f"Code of {file.path}")
    kind = " cd-one" if one_sided else ""
    return (
        f'<pre class="cd-code{kind}" tabindex="0" role="group" aria-label="{label}">'
        f'<code>{"".join(parts)}</code></pre>',
        whole,
    )


def all_rows(file: FileChange) -> Iterator[Row]:
    """Yield every line of both sides, in the order of a unified diff."""
    old = new = 0
    for edit in file.edits:
        while old < edit.old_start:
            yield Row(" ", old, new)
            old, new = old + 1, new + 1
        while old < edit.old_end:
            yield Row("-", old, new)
            old += 1
        while new < edit.new_end:
            yield Row("+", old, new)
            new += 1
    while old < len(file.old_lines):
        yield Row(" ", old, new)
        old, new = old + 1, new + 1


def _shown(rows: Sequence[Row], selected: Lines, ranges: Sequence[Range]) -> set[int]:
    shown: set[int] = set()
    near = {
        line
        for start, end in ranges
        for line in (range(start, end) if end - start <= _WHOLE_SYMBOL else (start,))
    }
    for index, row in enumerate(rows):
        if row.kind == " ":
            if row.new in near:
                shown.add(index)
        elif row.new in selected.added if row.kind == "+" else row.old in selected.removed:
            shown.add(index)
            for step in (-1, 1):
                # Code around a symbol is another symbol's; around a phrase it says where one is.
                for distance in range(1, _CONTEXT + 1):
                    other = index + step * distance
                    if not 0 <= other < len(rows) or rows[other].kind != " ":
                        break
                    if ranges and not _inside(rows[other].new, ranges):
                        break
                    shown.add(other)
    return shown


def _inside(line: int, ranges: Sequence[Range]) -> bool:
    return any(start <= line < end for start, end in ranges)


def _chunk(rows: Sequence[Row], old: Sequence[str], new: Sequence[str], one_sided: bool) -> str:
    parts = []
    for kind, group in groupby(rows, key=lambda row: row.kind):
        lines = [old[row.old] if kind == "-" else new[row.new] for row in group]
        if kind == " ":
            parts.append(f'<span class="c">{"".join(lines)}</span>')
            continue
        tag = "del" if kind == "-" else "ins"
        # A file that is all new (or all gone) is one block, without a sign on every line.
        blocks = ["".join(lines)] if one_sided else lines
        for block in blocks:
            marks = []
            if not block.endswith("\n"):
                marks.append("n")
            if block.endswith(("&#13;", "&#13;\n")):
                marks.append("r")
            given = f' class="{" ".join(marks)}"' if marks else ""
            if not one_sided:
                block = _TRAILING.sub(r'<i class="w">\1</i>', block)
            parts.append(f"<{tag}{given}>{block}</{tag}>")
    return "".join(parts)


def _no_lines(file: FileChange) -> str:
    if file.change.old and file.change.new:
        return ""
    return '<p class="cd-note">This file is empty.</p>'


def _binary(file: FileChange) -> str:
    """Return what can be shown of content without lines; small content travels in the page."""
    content = file.new
    if not file.change.new:
        return '<p class="cd-note">Not text; the file goes.</p>'
    if file.old == content:
        return ""
    size = f"{len(content):,} bytes"
    if len(content) > CARRIED:
        return f'<p class="cd-note">Not text: {size}; it is in the zip of the step.</p>'
    kind = mimetypes.guess_type(file.path)[0] or "application/octet-stream"
    data = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    name = file.path.rsplit("/", 1)[-1]
    picture = ""
    if kind in ("image/png", "image/jpeg", "image/gif", "image/webp", "image/vnd.microsoft.icon"):
        picture = f'<img alt="The picture {attribute(file.path)}" src="{data}">'
    return (
        f'<p class="cd-note">{picture}<a data-content download="{attribute(name)}" href="{data}">'
        f"Save {escape(name)}</a> ({size})</p>"
    )
