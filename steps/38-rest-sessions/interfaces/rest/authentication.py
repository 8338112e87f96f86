"""Authentication of the API."""

from rest_framework import authentication
from rest_framework.request import Request

from accounts.models import User


class SessionAuthentication(authentication.SessionAuthentication):
    """Authenticates by session, with a challenge, so that a missing sign-in is a 401.

    REST framework's class has no challenge, so it would respond with 403.
    """

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class SignInAuthentication(SessionAuthentication):
    """Authenticates by session, and requires a CSRF token from visitors too.

    For the view that signs in: otherwise another site could sign you in to an account of its own.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)
