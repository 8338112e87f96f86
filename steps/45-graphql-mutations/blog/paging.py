"""Pages of posts, newest first, that cost the same however many posts there are.

A page begins after the last post of the page before, which the primary key finds at once. It is
not counted from the first post, as OFFSET does, and what is published meanwhile moves nothing.
"""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from blog.models import Post, PostQuerySet

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """Some posts, and the id to ask for what comes after them, if anything does."""

    posts: list[Post]
    next: int | None


def parse_before(value: str) -> int | None:
    """Return the id that a request names, or None where it names none.

    It need not be the id of a post, or not any more. Raises ``ValidationError`` for what is no id.
    """
    if value and not re.fullmatch(r"[0-9]{1,19}", value):
        raise ValidationError("“before” must be the id of a post.")
    return int(value) if value else None


def page_of(posts: PostQuerySet, *, before: int | None = None, size: int = PAGE_SIZE) -> Page:
    """Return the newest of some posts, or the newest that are older than the one with an id."""
    if before is not None:
        posts = posts.before(before)
    found = list(posts.newest()[: size + 1])  # One more, to know whether anything comes after.
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)
