"""Authentication of the API: by token first, by session second."""

from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Token, User


class TokenAuthentication(authentication.TokenAuthentication):
    """Authenticates by ``Authorization: Token …``; no browser adds it: no CSRF token needed."""

    def authenticate_credentials(self, key: str) -> tuple[User, str]:
        token = Token.objects.usable(key).select_related("user").first()
        if token is None:
            raise AuthenticationFailed("This token is wrong, revoked or expired.")
        return token.user, key


class SignInAuthentication(authentication.SessionAuthentication):
    """Authenticates by session, and requires a CSRF token from visitors too.

    For the view that signs in: otherwise another site could sign you in to an account of its own.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)
