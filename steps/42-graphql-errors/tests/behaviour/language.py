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
    """A post as it is shown to somebody: ``liked`` says whether that person likes it."""

    id: int
    text: str
    author: int | None
    image: bool
    likes: int
    liked: bool


@dataclass(frozen=True)
class Page:
    """Some posts, and the id to ask for what comes after them, if anything does."""

    posts: list[Shown]
    next: int | None


@dataclass(frozen=True)
class Profile:
    """An account as its owner sees it."""

    id: int
    name: str
    email: str


class Actor(Protocol):
    """Somebody in front of an implementation; what it refuses raises ``Refused``."""

    received: str  # All that was answered so far, as it came.

    def publish(self, text: str, image: bytes | None = None) -> Shown: ...

    def posts(self, q: str = "", before: Any = None) -> Page: ...

    def post(self, id: int) -> Shown: ...

    def edit(self, id: int, **changes: Any) -> Shown:
        """Change ``text``, ``image`` or both; an image of None is taken away."""

    def delete(self, id: int) -> None: ...

    def like(self, id: int) -> None: ...

    def unlike(self, id: int) -> None: ...

    def sign_up(self, email: str, password: str) -> None: ...

    def activate(self, uid: str, token: str, password: str | None = None) -> None: ...

    def sign_in(self, email: str, password: str) -> None:
        """Go on as that user; what is wrong in it is ``invalid``, and said of no field."""

    def sign_out(self) -> None: ...

    def request_password_reset(self, email: str) -> None: ...

    def reset_password(self, uid: str, token: str, password: str) -> None: ...

    def profile(self) -> Profile: ...

    def my_posts(self, before: Any = None) -> Page: ...


class Site(Protocol):
    """An implementation."""

    def visitor(self) -> Actor:
        """Return somebody who is not signed in."""

    def member(self, user: User) -> Actor:
        """Return a user who has signed in, with a session."""
