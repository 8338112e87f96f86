"""Authentication: by token first, by session second, as in the REST interfaces."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.authentication import TokenAuthentication
from accounts.models import User


def authenticate(request: HttpRequest) -> User | AnonymousUser:
    """Return the user of a request, or an anonymous one.

    Raises ``AuthenticationFailed`` for an invalid token.
    """
    by_token = TokenAuthentication().authenticate(request)
    return request.user if by_token is None else by_token[0]
