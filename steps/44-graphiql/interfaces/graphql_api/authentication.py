"""Authentication: by token first, by session second, as in the REST interfaces."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from accounts.authentication import TokenAuthentication


def authenticate(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return the user of a request, or an anonymous one.

    Raises ``AuthenticationFailed`` for an invalid token.
    """
    by_token = TokenAuthentication().authenticate(request)
    return request.user if by_token is None else by_token[0]
