"""How the API knows who asks."""

from rest_framework import authentication
from rest_framework.request import Request

from accounts.models import User


class SessionAuthentication(authentication.SessionAuthentication):
    """The session, which whoever is not signed in is asked for with 401.

    REST framework's own names no way to sign in, and would have to answer 403.
    """

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class SignInAuthentication(SessionAuthentication):
    """The session, which wants the CSRF token of a visitor too.

    For the view that signs in: another site could otherwise sign you in to an account of its own.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)
