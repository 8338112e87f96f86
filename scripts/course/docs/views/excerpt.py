"""A piece of a file, changed or not, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from course.difference import symbols
from course.difference.changes import is_text, lines_of
from course.docs import highlight
from course.docs.fences import Fence
from course.docs.highlight import attribute, escape, inline
from course.docs.views.diff import copy_button
from course.errors import CourseError


def render(fence: Fence, content: bytes, where: str = "") -> str:
    """Return the piece of a file that an ``excerpt`` fence names, as a figure.

    Args:
        fence: the fence.
        content: the file.
        where: the step it is from, in words, when it is not the page's own.

    Raises:
        CourseError: when the file has no such piece, or is not text.
    """
    if not is_text(content):
        raise CourseError(f"{fence.path} is not text.", "Show it as a picture.")
    lines = lines_of(content)
    ranges = _ranges(fence, lines)
    coloured = highlight.lines(fence.path, "".join(lines))
    parts = [_dedented(coloured[start:end], lines[start:end]) for start, end in ranges]
    code = '<span class="g" data-l="…"></span>'.join(f'<span class="c">{p}</span>' for p in parts)
    name = escape(fence.path).replace("/", "/<wbr>")
    title = f'<span class="cd-title">{inline(fence.one("title"))}</span>'
    return (
        f'<figure class="cd cd-excerpt" aria-label="{attribute(fence.path)}, a piece of it">'
        f'<figcaption><span class="cd-name"><code>{name}</code></span>'
        f'{f"<span class=cd-badge>{inline(where)}</span>" if where else ""}'
        f'{title if fence.one("title") else ""}'
        f'<span class="cd-tools">{copy_button("the code of " + fence.path)}</span></figcaption>'
        f'<pre class="cd-code cd-one" tabindex="0" role="group"'
        f' aria-label="{attribute("Code of " + fence.path)}"><code>{code}</code></pre></figure>'
    )


def _ranges(fence: Fence, lines: Sequence[str]) -> list[symbols.Range]:
    if fence.all("symbol"):
        found = []
        for name in fence.all("symbol"):
            pieces = symbols.find(fence.path, lines, name)
            if not pieces:
                known = ", ".join(sorted(symbols.names(fence.path, lines))[:12])
                raise CourseError(f"{fence.path} has no symbol `{name}`.", f"It has: {known}.")
            found += pieces
        return symbols.merge(found)
    start = _line(fence, lines, "from", 0) if fence.one("from") else 0
    end = _line(fence, lines, "to", start) + 1 if fence.one("to") else len(lines)
    return [(start, end)]


def _line(fence: Fence, lines: Sequence[str], key: str, after: int) -> int:
    phrase = fence.one(key)
    for number in range(after, len(lines)):
        if phrase in lines[number]:
            return number
    raise CourseError(
        f"{fence.path}: no line contains `{phrase}`.", f"Fix the key `{key}` of the fence."
    )


def _dedented(coloured: Sequence[str], plain: Sequence[str]) -> str:
    """Return lines without the indentation that they share."""
    depths = [len(line) - len(line.lstrip(" ")) for line in plain if line.strip()]
    depth = min(depths, default=0)
    # Spaces at a line's start stand before any element: white space has no colour.
    return "".join(line[depth:] if line[:depth].isspace() and depth else line for line in coloured)
