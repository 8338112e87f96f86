"""The fields of one flaw of a page: file, rule, element, problem, remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Flaw:
    """Something that is wrong with a page.

    Attributes:
        page: its file, from the site's root.
        rule: what it breaks: a name of this module's, or of axe-core's.
        selector: the element; empty if it is none.
        problem: what is wrong.
        remedy: how to fix it.
    """

    page: str
    rule: str
    selector: str
    problem: str
    remedy: str
