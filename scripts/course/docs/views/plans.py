"""What an instructor plans by: the steps with their minutes, and paths through some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from course.catalogue import CoursePath
from course.chain import NOTHING, Chain, Link
from course.docs import pace
from course.docs.fences import Fence
from course.docs.highlight import attribute, escape, inline
from course.errors import CourseError

# Returns where the page of a step lies; empty when it has none.
Href = Callable[[Link], str]


def steps(fence: Fence, chain: Chain, href: Href) -> str:
    """Return the table of the steps: how long each takes, and what it takes for granted.

    Args:
        fence: the fence: ``from`` which step ``to`` which.
        chain: the course.
        href: returns where the page of a step lies; empty when it has none.

    Raises:
        CourseError: when a step is not there.
    """
    links = between(fence, chain)
    rows = [
        (_named(link, href), _minutes(pace.minutes(chain, link)), inline(link.step.needs or "–"))
        for link in links
    ]
    total = ("all of them", _minutes(pace.total(chain, links)), "")
    return _table("Steps", ("step", "takes", "takes for granted"), rows, total)


def between(fence: Fence, chain: Chain) -> list[Link]:
    """Return the steps ``from`` one ``to`` another, without a copy at the end.

    Raises:
        CourseError: when one is not there, or there is none between them.
    """
    links = [link for link in chain if not link.is_copy]
    first = chain.find(fence.one("from")) if fence.one("from") else links[0]
    last = chain.find(fence.one("to")) if fence.one("to") else links[-1]
    meant = [link for link in links if first.position <= link.position <= last.position]
    if not meant:
        raise CourseError(
            f"from {first.name} to {last.name} there is no step.", "Name them in order."
        )
    return meant


def path(fence: Fence, chain: Chain, href: Href) -> str:
    """Return a path of the catalogue: what is done, and how what lies between is skipped.

    Args:
        fence: the fence; its one line names the path.
        chain: the course.
        href: returns where the page of a step lies; empty when it has none.

    Raises:
        CourseError: when the catalogue has no such path.
    """
    found = {known.slug: known for known in chain.course.paths}.get(fence.path)
    if found is None:
        known = ", ".join(known.slug for known in chain.course.paths) or "none"
        raise CourseError(
            f"the catalogue has no path {fence.path}. It has: {known}.",
            "Name one of them, or add a [[path]] to steps/course.toml.",
        )
    rows = []
    for begin, link in legs(chain, found):
        typed = f"<code>course play {escape(begin)}</code>" if begin else "go on"
        rows.append((typed, _named(link, href), _minutes(pace.minutes(chain, link))))
    total = (f"of {_minutes(found.minutes)}", "", _minutes(_total(chain, found)))
    return _table(found.title, ("begin with", "do", "takes"), rows, total)


def legs(chain: Chain, course_path: CoursePath) -> list[tuple[str, Link]]:
    """Return the steps of a path, each with the step to begin from; ``""`` where one goes on.

    What `course play` is told is the step that one *has*: the one before the step that is done.
    """
    found = []
    last: Link | None = None
    for slug in course_path.steps:
        link = chain.find(slug)
        before = chain.before(link)
        begin = before.step.slug if before else NOTHING
        found.append(("" if last is not None and before == last else begin, link))
        last = link
    return found


def _total(chain: Chain, course_path: CoursePath) -> int:
    return pace.total(chain, [link for _, link in legs(chain, course_path)])


def _minutes(count: int) -> str:
    return f"{count} min"


def _named(link: Link, href: Href) -> str:
    address, title = href(link), inline(link.step.title)
    return f'<a href="{attribute(address)}">{title}</a>' if address else title


def _table(
    label: str, headings: Sequence[str], rows: Sequence[Sequence[str]], total: Sequence[str]
) -> str:
    def row(cells: Sequence[str], tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"

    return (
        f'<div class="ct-timetable"><div class="cd-scroll" tabindex="0" role="group" '
        f'aria-label="{attribute(label)}"><table><thead>{row(headings, "th")}</thead>'
        f"<tbody>{''.join(row(cells) for cells in rows)}</tbody>"
        f"<tfoot>{row(total)}</tfoot></table></div></div>"
    )
