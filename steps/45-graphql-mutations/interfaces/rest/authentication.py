"""How the API knows who asks: by a token first, and otherwise by the session."""

from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Token, User


class TokenAuthentication(authentication.TokenAuthentication):
    """``Authorization: Token …``, which no browser sends by itself: so no CSRF token is needed."""

    def authenticate_credentials(self, key: str) -> tuple[User, str]:
        token = Token.objects.usable(key).select_related("user").first()
        if token is None:
            raise AuthenticationFailed("This token is wrong, revoked or too old.")
        return token.user, key


class SignInAuthentication(authentication.SessionAuthentication):
    """The session, which wants the CSRF token of a visitor too.

    For the view that signs in: another site could otherwise sign you in to an account of its own.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)
