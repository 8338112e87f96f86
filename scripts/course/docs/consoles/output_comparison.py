"""What is ignored when output is compared (colours, times and so on); how a difference reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from course.docs.consoles.transcripts import ANY

# The few things that may differ, each under its name. The order matters: a time would be taken
# for a version, and a path holds both.
RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("colour", re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")),
    ("port", re.compile(r"(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1?\]):\d{2,5}")),
    ("path", re.compile(r"(?<![\w.:/~-])(?:~|/|[A-Z]:\\)(?:[\w.+@ -]*[\w.+@-][/\\])+(?=[\w.+@-])")),
    (
        "time",
        re.compile(
            r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
            r"|\d{1,2}/[A-Z][a-z]{2}/\d{4}(?::| )\d\d:\d\d:\d\d"
            r"|[A-Z][a-z]+ \d{1,2}, \d{4}(?: - \d\d:\d\d:\d\d)?"
            r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"
            r"|\b\d+(?:\.\d+)? ?(?:s|ms|secs?|seconds?|m|minutes?)\b"
        ),
    ),
    (
        "hash",
        re.compile(
            r"\b[0-9a-f]{4,}\.\.\.[0-9a-f]{4,}\b"  # As pytest shortens it.
            r"|\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b|0x[0-9a-f]+|[\w+/!@#$%^&*()=-]{40,}"
        ),
    ),
    (
        "version",
        re.compile(r"\bv?\d+\.\d+(?:\.\d+)*(?:(?:a|b|rc|\.dev|\.post)\d+)?\b(?!\s?%)"),
    ),
)
_REPLACEMENTS = {"colour": ""}


def normal(line: str) -> str:
    """Return a line with everything that may differ replaced by its name."""
    for name, pattern in RULES:
        line = pattern.sub(_REPLACEMENTS.get(name, f"<{name}>"), line)
    return line.rstrip()


def lines_of(output: str) -> list[str]:
    """Return output line by line, as a terminal would leave it, without blank lines at its end."""
    text = output.replace("\r\n", "\n")
    lines = [line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def difference(expected: Sequence[str], actual: Sequence[str]) -> str:
    """Return how output differs from what a page shows; empty if it does not.

    Args:
        expected: the lines shown; a line ``…`` stands for any lines, ``…`` in a line for anything.
        actual: the lines that came.
    """
    got = [normal(line) for line in actual]
    # How many lines may have been used up by those shown so far; more than one, after a ``…``.
    places = {0}
    for shown in expected:
        wanted = normal(shown)
        if wanted == ANY:
            places = set(range(min(places), len(got) + 1))
            continue
        pattern = _pattern(wanted)
        places = {at + 1 for at in places if at < len(got) and pattern.fullmatch(got[at])}
        if not places:
            problem = f"this line is not in the output: {shown!r}."
            break
    else:
        if len(got) in places:
            return ""
        problem = "there is more output than shown."
    came = "\n".join(f"    {line}" for line in actual) or "    (nothing)"
    return f"{problem} It printed:\n{came}"


@lru_cache(maxsize=4096)
def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in line.split(ANY)))
