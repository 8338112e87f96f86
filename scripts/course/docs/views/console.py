"""A console block as HTML: commands that can be copied without their prompts, and their output."""

from __future__ import annotations

from course.docs.consoles import transcripts
from course.docs.consoles.transcripts import TYPED, Transcript
from course.docs.fences import Block
from course.docs.highlight import escape, inline
from course.docs.views.diff import copy_button


def render(block: Block, transcript: Transcript) -> str:
    """Return a console block as a figure.

    The prompt is the style sheet's, so that copying a command gives the command.
    """
    parts = []
    shown_output = False
    lines = list(block.lines)
    in_command = False
    for number, line in enumerate(lines):
        if line.startswith("$ ") or (transcripts.is_continuation(line) and in_command):
            mark = "" if line.startswith("$ ") else " cc-more"
            parts.append(f'<kbd class="cc{mark}">{escape(line[2:])}\n</kbd>')
            in_command = True
            continue
        in_command = False
        if transcripts.is_comment(lines, number):
            parts.append(f'<b class="c">{escape(line)}</b>\n')
        else:
            shown_output = shown_output or bool(line.strip())
            parts.append(f"<samp>{_typed(line)}\n</samp>")
    note = ""
    if transcript.not_run:
        note = f'<span class="cd-title">not run by our tests: {inline(transcript.not_run)}</span>'
    elif transcript.background:
        note = '<span class="cd-title">keeps running; Ctrl-C ends it</span>'
    what = "the commands" if len(transcript.commands) > 1 else "the command"
    label = "Commands and what they print" if shown_output else "Commands"
    return (
        f'<figure class="cd cd-console no-copy" aria-label="{label}"><figcaption>'
        f'<span class="cd-name">Terminal</span>{note}'
        f'<span class="cd-tools">{copy_button(what)}</span></figcaption>'
        f'<pre class="cd-code" tabindex="0" role="group" aria-label="{label}">'
        f'<code>{"".join(parts)}</code></pre></figure>'
    )


def _typed(line: str) -> str:
    return "".join(
        f'<kbd class="ct">{escape(part)}</kbd>' if number % 2 else escape(part)
        for number, part in enumerate(TYPED.split(line))
    )
