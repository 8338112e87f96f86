"""The language of the behaviour tests, whatever the implementation.

A driver translates it for one implementation: it does there what people do, and reads the
responses. The tests use this language only: no URL, no status, no page.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from accounts.models import User


class Refused(Exception):
    """Why an action is refused, and which fields are invalid, if any."""

    def __init__(self, reason: str, fields: Collection[str] = ()) -> None:
        super().__init__(reason, fields)
        self.reason = reason
        self.fields = set(fields)


@dataclass(frozen=True)
class PostData:
    """A post as somebody sees it; a visitor's post has no author."""

    id: int
    text: str
    author: int | None
    image: bool


class Actor(Protocol):
    """Somebody who uses an implementation; a refusal raises ``Refused``."""

    def publish(self, text: str, image: bytes | None = None) -> PostData: ...

    def post(self, id: int) -> PostData: ...


class Site(Protocol):
    """An implementation."""

    def visitor(self) -> Actor:
        """Return a visitor who is not signed in."""

    def member(self, user: User) -> Actor:
        """Return a user who is signed in, with a session."""
