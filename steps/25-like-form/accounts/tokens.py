"""The links that are mailed: whom they belong to, and when they are dead.

A token is a signature over the state of an account. Nothing is stored for it, and when that state
changes there is nothing to delete: the signature no longer fits.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User

MAX_LENGTH = 100  # Much more than a part of a link has: a longer one is not decoded.


class ActivationTokenGenerator(PasswordResetTokenGenerator):
    """Signs what Django's own does (password, last sign-in, address), and who awaits activation."""

    # Another salt, so that no token of the one kind is a token of the other.
    key_salt = "accounts.tokens.ActivationTokenGenerator"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        value = super()._make_hash_value(user, timestamp)
        return f"{value}{user.is_active}{user.awaits_activation}"


class ResetTokenGenerator(PasswordResetTokenGenerator):
    """Signs what Django's own does; an account that is locked, or not active yet, has no reset."""

    def check_token(self, user: User, token: str) -> bool:
        return user.is_active and super().check_token(user, token)


activation_tokens = ActivationTokenGenerator()
reset_tokens = ResetTokenGenerator()


def make_uid(user: User) -> str:
    """Return the id of a user as it stands in a link."""
    return urlsafe_base64_encode(str(user.pk).encode())


def find_user(
    uid: str, token: str, tokens: PasswordResetTokenGenerator, *, lock: bool = False
) -> User | None:
    """Return the user whom a link belongs to, or None for a link that is wrong, used or too old.

    With ``lock``, within a transaction, nobody else changes the user until its end.
    """
    if max(len(uid), len(token)) > MAX_LENGTH:
        return None
    users = User.objects.select_for_update() if lock else User.objects.all()
    try:
        user = users.get(pk=int(urlsafe_base64_decode(uid).decode("ascii")))
        return user if tokens.check_token(user, token) else None
    except (ValueError, User.DoesNotExist):
        return None
