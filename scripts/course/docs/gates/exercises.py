"""Every exercise of a page comes with its answer, behind a fold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from course.docs import pages
from course.docs.checked import Checked
from course.docs.pages import Page
from course.docs.site import Fault

_SECTION = re.compile(r"^(?P<marks>#{2,})\s+Exercises\s*#*\s*$")
_HEADING = re.compile(r"^(?P<marks>#{1,6})\s")
_EXERCISE = re.compile(r"^(?P<number>\d+)[.)]\s+\S")
_ANSWER = re.compile(r'^\s+\?\?\? success "Answer"\s*$')
_REMEDY = 'Below it, indented: ??? success "Answer", and the answer, indented once more.'


def check(checked: Checked) -> list[Fault]:
    """Check the exercises of every page that belongs to a step."""
    faults: list[Fault] = []
    for page in checked.pages.values():
        link = checked.step_of(page)
        if link is not None and pages.is_step_page(checked.site.chain, page.uri, link):
            faults += _of_page(page)
    return faults


def answer_lines(page: Page) -> set[int]:
    """Return the numbers, from 1, of the lines that belong to an answer.

    An answer shows code that the reader writes, so no step has to have it.
    """
    found: set[int] = set()
    depth = -1
    for number, text in enumerate(page.lines, start=1):
        if depth >= 0 and text.strip() and len(text) - len(text.lstrip()) <= depth:
            depth = -1
        if depth >= 0:
            found.add(number)
        elif _ANSWER.match(text):
            depth = len(text) - len(text.lstrip())
    return found


def _of_page(page: Page) -> Iterator[Fault]:
    inside = _section(page)
    starts = [at for at, (_, text) in enumerate(inside) if _EXERCISE.match(text)]
    for at, end in pairwise([*starts, len(inside)]):
        line, text = inside[at]
        below = [text for _, text in inside[at + 1 : end]]
        if not any(_ANSWER.match(text) and _filled(below, n) for n, text in enumerate(below)):
            number = text.partition(".")[0]
            yield Fault(page.place, line, f"exercise {number} has no answer.", _REMEDY)


def _section(page: Page) -> list[tuple[int, str]]:
    """Return the lines of the page's exercises, each with its number, from 1."""
    found: list[tuple[int, str]] = []
    fenced = {n for block in page.blocks for n in range(block.first, block.last + 1)}
    depth = 0
    for number, text in enumerate(page.lines):
        heading = None if number in fenced else _HEADING.match(text)
        if heading:
            section = _SECTION.match(text)
            if section:
                depth = len(section["marks"])
            elif depth >= len(heading["marks"]):
                depth = 0
        if depth:
            found.append((number + 1, text))
    return found


def _filled(lines: list[str], place: int) -> bool:
    """Return whether a fold has words in it."""
    depth = len(lines[place]) - len(lines[place].lstrip())
    for text in lines[place + 1 :]:
        if text.strip():
            return len(text) - len(text.lstrip()) > depth
    return False
