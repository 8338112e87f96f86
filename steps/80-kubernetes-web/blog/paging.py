"""Keyset pagination of posts, newest first: each page costs the same, however many there are.

A page begins after the last post of the page before, which the primary key finds at once. OFFSET
would count from the first post, and new posts would shift every page.
"""

import re
from dataclasses import dataclass
from typing import Self

from django.core.exceptions import ValidationError

from blog.models import Post, PostQuerySet

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """A page of posts, and the id that the next page begins after, if there is one."""

    posts: list[Post]
    next: int | None

    @classmethod
    def from_posts(cls, posts: list[Post], size: int) -> Self:
        """Return the first posts as a page; one more than ``size`` means that there is a next."""
        return cls(posts[:size], posts[size - 1].pk if len(posts) > size else None)


def parse_before(value: str) -> int | None:
    """Return the id in a query parameter, or None if the parameter is empty.

    The post with this id need not exist. Raises ``ValidationError`` if the value is not an id.
    """
    if value and not re.fullmatch(r"[0-9]{1,19}", value):
        raise ValidationError("“before” must be the id of a post.")
    return int(value) if value else None


def page_of(posts: PostQuerySet, *, before: int | None = None, size: int = PAGE_SIZE) -> Page:
    """Return the newest posts, or the newest ones older than the post with the id ``before``.

    The authors are fetched in the same query.
    """
    if before is not None:
        posts = posts.before(before)
    newest = posts.select_related("author").newest()
    return Page.from_posts(list(newest[: size + 1]), size)
