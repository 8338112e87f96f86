"""The language of the behaviour tests, whatever the implementation.

A driver translates it for one implementation: it does there what people do, and reads the
responses. The tests use this language only: no URL, no status, no page.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.models import User


class Refused(Exception):
    """Why an action is refused, and which fields are invalid, if any."""

    def __init__(self, reason: str, fields: Collection[str] = ()) -> None:
        super().__init__(reason, fields)
        self.reason = reason
        self.fields = set(fields)


@dataclass(frozen=True)
class PostData:
    """A post as somebody sees it: ``liked`` says whether they like it."""

    id: int
    text: str
    author: int | None
    image: bool
    likes: int
    liked: bool


@dataclass(frozen=True)
class Page:
    """A page of posts, and the id that the next page begins after, if there is one."""

    posts: list[PostData]
    next: int | None


@dataclass(frozen=True)
class Profile:
    """An account as its owner sees it."""

    id: int
    name: str
    email: str


class Actor(Protocol):
    """Somebody who uses an implementation; a refusal raises ``Refused``."""

    received: str  # The bodies of all responses so far, and where they redirect to.

    def publish(self, text: str, image: bytes | None = None) -> PostData: ...

    def posts(self, q: str = "", before: Any = None) -> Page: ...

    def post(self, id: int) -> PostData: ...

    def edit(self, id: int, **changes: Any) -> PostData:
        """Change ``text``, ``image`` or both; None removes the image."""

    def delete(self, id: int) -> None: ...

    def like(self, id: int) -> None: ...

    def unlike(self, id: int) -> None: ...

    def sign_up(self, email: str, password: str) -> None: ...

    def activate(self, uid: str, token: str, password: str | None = None) -> None: ...

    def sign_in(self, email: str, password: str) -> None:
        """Sign in; wrong credentials are ``invalid``, and belong to no field."""

    def sign_out(self) -> None: ...

    def request_password_reset(self, email: str) -> None: ...

    def reset_password(self, uid: str, token: str, password: str) -> None: ...

    def profile(self) -> Profile: ...

    def my_posts(self, before: Any = None) -> Page: ...


class Site(Protocol):
    """An implementation."""

    def visitor(self) -> Actor:
        """Return a visitor who is not signed in."""

    def member(self, user: User) -> Actor:
        """Return a user who is signed in, with a session."""
