"""The words in which behaviours are told, whatever implements them.

A driver speaks them with one implementation: it does there what people do, and understands what
they are answered. The tests know these words alone: no address, no status, no page.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from accounts.models import User


class Refused(Exception):
    """Says why something is not done, and which fields are wrong if some are."""

    def __init__(self, reason: Literal["invalid", "missing"], fields: Collection[str] = ()) -> None:
        super().__init__(reason, fields)
        self.reason = reason
        self.fields = set(fields)


@dataclass(frozen=True)
class Shown:
    """A post as it is shown to somebody; a visitor's has no author."""

    id: int
    text: str
    author: int | None
    image: bool


@dataclass(frozen=True)
class Page:
    """Some posts, and the id to ask for what comes after them, if anything does."""

    posts: list[Shown]
    next: int | None


class Actor(Protocol):
    """Somebody in front of an implementation; what it refuses raises ``Refused``."""

    received: str  # All that was answered so far, as it came.

    def publish(self, text: str, image: bytes | None = None) -> Shown: ...

    def posts(self, q: str = "", before: Any = None) -> Page: ...

    def post(self, id: int) -> Shown: ...


class Site(Protocol):
    """An implementation."""

    def visitor(self) -> Actor:
        """Return somebody who is not signed in."""

    def member(self, user: User) -> Actor:
        """Return a user who has signed in, with a session."""
