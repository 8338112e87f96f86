"""A mistake as HTML: what is wrong, as `course compare` shows it, and what `course check` says."""

from __future__ import annotations

from course.docs import highlight
from course.docs.highlight import attribute, escape
from course.docs.mistake_fence import Hunk, Planted


def render(planted: Planted) -> str:
    """Return a mistake as figures: one a file, and one for the answer."""
    parts = [_missing(path) for path in planted.missing]
    parts += [_hunk(hunk) for hunk in planted.hunks]
    return "".join([*parts, _answer(planted)])


def _missing(path: str) -> str:
    return _figure(
        f"<code>{escape(path)}</code>", "a mistake: it is missing", f"{path} is missing", ""
    )


def _hunk(hunk: Hunk) -> str:
    """Return lines of a file: what somebody has, and what the step has instead."""
    mine = iter(highlight.lines(hunk.path, "".join(f"{line}\n" for line in hunk.mine)))
    theirs = iter(highlight.lines(hunk.path, "".join(f"{line}\n" for line in hunk.theirs)))
    rows = []
    for sign, _ in hunk.rows:
        if sign == "-":
            rows.append(f"<del>{next(mine)}</del>")
        elif sign == "+":
            rows.append(f"<ins>{next(theirs)}</ins>")
        else:
            next(mine)
            rows.append(f'<span class="c">{next(theirs)}</span>')
    label = f"A mistake in {hunk.path}, and what the step has instead"
    return _figure(
        f"<code>{escape(hunk.path)}</code>", "− a mistake, + the step", label, "".join(rows)
    )


def _answer(planted: Planted) -> str:
    said = "".join(f"<samp>{escape(line)}\n</samp>" for line in planted.says)
    return _figure("course check", "says", "What course check says", said, " cd-console")


def _figure(name: str, title: str, label: str, code: str, kind: str = "") -> str:
    body = (
        f'<pre class="cd-code" tabindex="0" role="group" aria-label="{attribute(label)}">'
        f"<code>{code}</code></pre>"
        if code
        else ""
    )
    return (
        f'<figure class="cd cd-mistake{kind} no-copy" aria-label="{attribute(label)}"><figcaption>'
        f'<span class="cd-name">{name}</span><span class="cd-title">{escape(title)}</span>'
        f"</figcaption>{body}</figure>"
    )
