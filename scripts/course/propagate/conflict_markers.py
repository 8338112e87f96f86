"""The lines that git leaves where it could not merge."""

from __future__ import annotations

import re

# Seven signs; eight or more where git merges files that were themselves merged (ll-merge.c).
_MARKER = re.compile(rb"(?:<{7,}|\|{7,}|>{7,}) ")


def marked_lines(content: bytes, known: frozenset[bytes] = frozenset()) -> list[int]:
    """Return the numbers, from 1, of lines that are markers of a conflict.

    Args:
        content: a file's content.
        known: lines that begin so and are meant to (of a text about git, say).
    """
    if not _MARKER.search(content):
        return []
    return [
        number
        for number, line in enumerate(content.split(b"\n"), 1)
        if _MARKER.match(line) and line not in known
    ]
