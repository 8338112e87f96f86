"""The road through the course: its parts, each with its steps, its hours and what one gains."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from course.catalogue import Part
from course.chain import FINAL, Chain, Link
from course.docs import pace
from course.docs.highlight import attribute, inline
from course.docs.views.plans import Href
from course.docs.views.step_header import count_of


def render(chain: Chain, href: Href) -> str:
    """Return the road, made from the catalogue.

    Args:
        chain: the course.
        href: returns where the page of a step lies; empty when it has none.
    """
    links = [link for link in chain if not link.is_copy]
    items = []
    for number, inside in groupby(links, key=lambda link: link.step.part):
        items.append(_part(chain, number, chain.course.parts[number - 1], [*inside], href))
    numbered = sum(link.number is not None for link in links)
    steps = f"{count_of(numbered, 'step')}{' and final' if numbered < len(links) else ''}"
    total = f"{steps}, {hours(pace.total(chain, links))}"
    return (
        f'<div class="ch-road"><ol>{"".join(items)}</ol>'
        f'<p class="ch-total">In all: {total}.</p></div>'
    )


def hours(minutes: int) -> str:
    """Return minutes as a person plans them: by the hour, and by the minute below two hours."""
    return f"{minutes} minutes" if minutes < 120 else f"about {round(minutes / 60)} hours"


def _part(chain: Chain, number: int, part: Part, links: Sequence[Link], href: Href) -> str:
    title = inline(part.title)
    address = href(links[0])
    heading = f'<a href="{attribute(address)}">{title}</a>' if address else title
    gain = f"<p>{inline(part.summary)}</p>" if part.summary else ""
    groups = dict.fromkeys(link.step.group for link in links if link.step.group)
    named = f'<p class="ch-groups">{" · ".join(map(inline, groups))}</p>' if groups else ""
    which = _which(links)
    return (
        f'<li><p class="ch-facts"><strong>Part {number}</strong> <span>{which}</span> '
        f"<span>{hours(pace.total(chain, links))}</span></p>"
        f'<p class="ch-title">{heading}</p>{gain}{named}</li>'
    )


def _which(links: Sequence[Link]) -> str:
    """Name the steps of a part, the final snapshot by its name: it has no number."""
    numbers = [link.number for link in links if link.number is not None]
    parts = [FINAL] if len(numbers) < len(links) else []
    if numbers:
        first, last = numbers[0], numbers[-1]
        parts.insert(0, f"step {first}" if first == last else f"steps {first}–{last}")
    return " and ".join(parts)
