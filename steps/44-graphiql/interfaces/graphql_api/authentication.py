"""Who asks: by token first and by session second, as in the REST interfaces."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from interfaces.rest.authentication import TokenAuthentication


def authenticate(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return the user who asks, or one that is anonymous.

    Raises ``AuthenticationFailed`` for a token that is no good.
    """
    by_token = TokenAuthentication().authenticate(request)
    return request.user if by_token is None else by_token[0]
