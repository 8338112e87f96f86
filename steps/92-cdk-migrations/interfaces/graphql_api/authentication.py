"""Authentication: by token first, by session second, as in the REST interfaces."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied

from accounts.authentication import TokenAuthentication
from accounts.models import User
from interfaces.graphql_api.errors import ClientError, ErrorCode


def authenticate(request: HttpRequest) -> User | AnonymousUser:
    """Return the user of a request, or an anonymous one.

    Raises ``AuthenticationFailed`` for an invalid token, and ``ClientError`` for a POST with a
    session but without the CSRF token.
    """
    by_token = TokenAuthentication().authenticate(request)
    if by_token is not None:
        return by_token[0]
    if request.user.is_authenticated:
        require_csrf_token(request)
    return request.user


def require_csrf_token(request: HttpRequest) -> None:
    """Raise ``ClientError`` unless the request has a valid CSRF token."""
    try:
        SessionAuthentication().enforce_csrf(request)
    except PermissionDenied as error:
        raise ClientError(f"{error.detail} Send it as X-CSRFToken.", ErrorCode.FORBIDDEN) from error
