"""Authentication of the API by session."""

from rest_framework import authentication
from rest_framework.request import Request

from accounts.models import User


class SignInAuthentication(authentication.SessionAuthentication):
    """Authenticates by session, and requires a CSRF token from visitors too.

    For the view that signs in: otherwise another site could sign you in to an account of its own.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)
