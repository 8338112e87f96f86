"""The Twelve Factors as a strip: which steps of the catalogue show each of them."""

from __future__ import annotations

from markdown.extensions.toc import slugify

from course.chain import Chain, Link
from course.docs.highlight import attribute, escape
from course.docs.views.plans import Href
from course.docs.views.step_header import FACTORS


def render(chain: Chain, href: Href, page: str) -> str:
    """Return the strip.

    Args:
        chain: the course; the key ``factors`` of its steps names what each shows.
        href: returns where the page of a step lies; empty when it has none.
        page: the address of the page with a section for each factor; empty when there is none.
    """
    items = []
    for numeral, name in FACTORS.items():
        shown = [link for link in chain if not link.is_copy and numeral in link.step.factors]
        title = f"<b>{numeral}</b> {escape(name)}"
        if page:
            title = f'<a href="{attribute(f"{page}#{anchor(numeral, name)}")}">{title}</a>'
        where = ", ".join(_step(link, href(link)) for link in shown)
        said = f"{'steps' if len(shown) > 1 else 'step'} {where}" if shown else "still to come"
        items.append(
            f'<li class="{"ch-shown" if shown else "ch-open"}">{title}<span>{said}</span></li>'
        )
    return f'<ul class="ch-factors" aria-label="The Twelve Factors">{"".join(items)}</ul>'


def anchor(numeral: str, name: str) -> str:
    """Return the id of the heading ``III. Config``, as the table of contents makes it."""
    return slugify(f"{numeral}. {name}", "-")


def _step(link: Link, address: str) -> str:
    if not address:
        return link.label
    title = attribute(link.step.title)
    number = link.number or escape(link.label)
    return f'<a href="{attribute(address)}" title="{title}">{number}</a>'
