"""The minutes of a step: words and lines a minute, what counts as a word, rounding.

The reader meant is `READER`. The page's words are read, the step's own lines are typed, and so are
the commands of the page. Two rates turn them into minutes:

- Words. Adults read non-fiction silently at 238 words a minute (M. Brysbaert, "How many words do we
  read per minute?", Journal of Memory and Language 109, 2019); reading *to learn* is slower, about
  200 (R. P. Carver, "Reading rate", Journal of Reading 36, 1992).
- Lines. People type prose at 52 words of five characters a minute (V. Dhakal et al., "Observations
  on typing from 136 million keystrokes", CHI 2018). A line of code has some 35 characters, seven
  such words; with its signs and its indentation, and a look at the page for each, we take it to be
  typed at two thirds of that speed: 5 lines a minute.

Not counted are exercises (their answers are folded, and so are not read either), what a program
wrote, and a file that the page folds away, which is copied. A person who is explained to, asks and
talks takes longer, one who only reads is quicker.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from course.chain import Chain, Link
from course.difference import line_counts
from course.docs import fences, pages
from course.docs.fences import CONSOLE, KEYS
from course.errors import CourseError

WORDS_PER_MINUTE = 200
LINES_PER_MINUTE = 5
# Nobody plans by the minute.
STEP_OF_MINUTES = 5

READER = "somebody who reads every word and types every line that is not generated or folded"

_WORD = re.compile(r"\w[\w'’.-]*")
_FOLDED = re.compile(r"^(?P<indent> *)\?\?\?\+? ")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# Where a link leads, and what an image is called by its file, nobody reads.
_TARGET = re.compile(r"\]\([^)]*\)")


@dataclass(frozen=True)
class Work:
    """What a step asks of a reader.

    Attributes:
        words: of the page, outside of what it folds.
        lines: that are typed: the step's own, and the commands of the page.
    """

    words: int
    lines: int

    @property
    def minutes(self) -> int:
        """How long it takes, in steps of five minutes, and never nothing."""
        exact = self.words / WORDS_PER_MINUTE + self.lines / LINES_PER_MINUTE
        return max(1, math.ceil(exact / STEP_OF_MINUTES)) * STEP_OF_MINUTES


def minutes(chain: Chain, link: Link) -> int:
    """Return how long a step takes its reader: computed, unless the catalogue says otherwise."""
    return link.step.minutes or work(chain, link).minutes


def total(chain: Chain, links: Iterable[Link]) -> int:
    """Return how long several steps take, one after the other."""
    return sum(minutes(chain, link) for link in links)


def hours(count: int) -> str:
    """Return minutes as a person says them: ``45 minutes``, ``2 h``, ``3 h 20``."""
    if count < 60:
        return f"{count} minutes"
    return f"{count // 60} h" + (f" {count % 60:02}" if count % 60 else "")


def work(chain: Chain, link: Link) -> Work:
    """Return what a step asks of its reader."""
    text = _page(chain, link)
    words, commands, folded = read(text)
    changed = line_counts.of_link(chain, link)
    typed = sum(added for path, (added, _) in changed.items() if path not in folded)
    return Work(words, typed + commands)


@lru_cache(maxsize=512)
def read(text: str) -> tuple[int, int, frozenset[str]]:
    """Return of a page: its words, the lines of its commands, and the files that it folds away."""
    text = _FRONT_MATTER.sub("", text)
    lines = _without_folds(text.split("\n"))
    words = commands = 0
    folded = set()
    prose: list[str] = []
    position = 0
    for block in fences.blocks(lines):
        prose += lines[position : block.first]
        position = block.last + 1
        if block.language == CONSOLE:
            commands += sum(line.startswith(("$ ", "> ")) for line in block.lines)
        elif block.language == "diff-file":
            folded |= _folded(block)
        elif block.language not in KEYS:
            prose += block.lines
    prose += lines[position:]
    words = len(_WORD.findall(_TARGET.sub("]", _COMMENT.sub("", "\n".join(prose)))))
    return words, commands, frozenset(folded)


def _folded(block: fences.Block) -> set[str]:
    try:
        fence = fences.read(block)
    except CourseError:  # `course docs check` names it
        return set()
    return {fence.path} if fence.one("fold") else set()


def _without_folds(lines: Sequence[str]) -> list[str]:
    """Return the lines of a page without what stands in a folded block (``???``)."""
    out = []
    depth: int | None = None
    for line in lines:
        if depth is not None:
            if not line.strip() or len(line) - len(line.lstrip(" ")) > depth:
                continue
            depth = None
        found = _FOLDED.match(line)
        if found:
            depth = len(found["indent"])
            continue
        out.append(line)
    return out


def _page(chain: Chain, link: Link) -> str:
    path = chain.repository.root / pages.DOCS / pages.uri_of(chain, link)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # `course docs check` names it
        return ""
