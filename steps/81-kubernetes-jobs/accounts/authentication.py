"""Authentication by token, for every interface that programs use."""

from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import Token, User


class TokenAuthentication(authentication.TokenAuthentication):
    """Authenticates by ``Authorization: Token …``. Browsers never add it, so CSRF is impossible."""

    def authenticate_credentials(self, key: str) -> tuple[User, str]:
        token = Token.objects.usable(key).select_related("user").first()
        if token is None:
            raise AuthenticationFailed("This token is wrong, revoked or expired.")
        return token.user, key
