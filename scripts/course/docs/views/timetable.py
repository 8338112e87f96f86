"""A timetable: which steps fit into which lesson, by the minutes that the steps take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from course.chain import Chain, Link
from course.docs import pace
from course.docs.fences import Fence
from course.docs.highlight import attribute, inline
from course.docs.views.plans import between
from course.errors import CourseError

# Without a number of lessons, there are as many as it takes.
_MINUTES, _LESSONS = 90, 10_000


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        links: the steps that are done in it; a step longer than a lesson takes several.
        minutes: what they take a reader.
        number: its number, from 1.
        last: the number of its last part, if it takes several.
    """

    links: tuple[Link, ...]
    minutes: int
    number: int
    last: int

    @property
    def name(self) -> str:
        """Its number, or from which to which."""
        return str(self.number) if self.number == self.last else f"{self.number}–{self.last}"


def plan(
    links: Sequence[Link], minutes: int, most: int, minutes_of: Callable[[Link], int]
) -> tuple[list[Lesson], list[Link]]:
    """Return which steps are done in which lesson, and those for which there is no more time.

    Args:
        links: the steps in order.
        minutes: how long a lesson is.
        most: how many lessons there are.
        minutes_of: returns how long a step takes.
    """
    lessons: list[Lesson] = []
    used = 0
    position = 0
    needed = [minutes_of(link) for link in links]
    while position < len(links):
        held, total = [links[position]], needed[position]
        while position + len(held) < len(links) and total + needed[position + len(held)] <= minutes:
            total += needed[position + len(held)]
            held.append(links[position + len(held)])
        needs = -(-total // minutes)
        if used + needs > most:
            break
        lessons.append(Lesson(tuple(held), total, used + 1, used + needs))
        used += needs
        position += len(held)
    return lessons, list(links[position:])


def render(fence: Fence, chain: Chain, href: Callable[[Link], str]) -> str:
    """Return the timetable that a fence asks for.

    Args:
        fence: the fence: ``minutes`` of a lesson, how many ``lessons``, ``from`` which step ``to``
            which.
        chain: the course.
        href: returns where the page of a step lies; empty when it has none.

    Raises:
        CourseError: when a number is none, or a step is not there.
    """
    minutes, most = _number(fence, "minutes", _MINUTES), _number(fence, "lessons", _LESSONS)
    meant = between(fence, chain)
    lessons, left = plan(meant, minutes, most, lambda link: pace.minutes(chain, link))
    rows = "".join(
        f"<tr><td>{lesson.name}</td><td>{_named(lesson.links, href)}</td>"
        f"<td>{lesson.minutes} min</td></tr>"
        for lesson in lessons
    )
    all_of_them = sum(lesson.minutes for lesson in lessons)
    rest = ""
    if left:
        total = pace.total(chain, left)
        rest = (
            f"<p>For this there is no more time; it takes {total} minutes:"
            f" {_named(left, href)}.</p>"
        )
    return (
        f'<div class="ct-timetable"><div class="cd-scroll" tabindex="0" role="group" '
        f'aria-label="Timetable"><table><thead><tr><th>lesson of {minutes} minutes</th>'
        f"<th>steps</th><th>doing them takes</th></tr></thead><tbody>{rows}</tbody>"
        f"<tfoot><tr><td></td><td></td><td>{all_of_them} min</td></tr></tfoot></table></div>"
        f"{rest}</div>"
    )


def _named(links: Sequence[Link], href: Callable[[Link], str]) -> str:
    names = []
    for link in links:
        address, title = href(link), inline(link.step.title)
        names.append(f'<a href="{attribute(address)}">{title}</a>' if address else title)
    return " · ".join(names)


def _number(fence: Fence, key: str, default: int) -> int:
    text = fence.one(key, str(default))
    if not text.isdigit() or not int(text):
        raise CourseError(f"`{key}: {text}` is no number of {key}.", f"For example: {key}: 90")
    return int(text)
