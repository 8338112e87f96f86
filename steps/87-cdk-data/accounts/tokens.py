"""The tokens in mailed links: which user they identify, and when they stop working.

A token is a signature over the state of an account. Nothing is stored for it, and when that state
changes, there is nothing to delete: the signature no longer matches.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User

MAX_LENGTH = 100  # Far longer than any part of a valid link; longer input is not decoded.


class ActivationTokenGenerator(PasswordResetTokenGenerator):
    """Signs what Django's generator signs, and the state of the activation."""

    # A separate salt, so that a token of one kind is never valid as the other kind.
    key_salt = "accounts.tokens.ActivationTokenGenerator"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        value = super()._make_hash_value(user, timestamp)
        return f"{value}{user.is_active}{user.awaits_activation}"


class ActiveUserTokenGenerator(PasswordResetTokenGenerator):
    """Signs what Django's generator signs, and refuses accounts that are not active."""

    def check_token(self, user: User, token: str) -> bool:
        return user.is_active and super().check_token(user, token)


activation_token_generator = ActivationTokenGenerator()
password_reset_token_generator = ActiveUserTokenGenerator()


def encode_uid(user: User) -> str:
    """Return the id of a user in the form that links contain; Django calls it ``uidb64``."""
    return urlsafe_base64_encode(str(user.pk).encode())


def find_user(
    uid: str, token: str, token_generator: PasswordResetTokenGenerator, *, lock: bool = False
) -> User | None:
    """Return the user that a link belongs to, or None for a link that is wrong, used or expired.

    With ``lock=True``, inside a transaction, the row is locked until the transaction ends.
    """
    if max(len(uid), len(token)) > MAX_LENGTH:
        return None
    users = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    try:
        user = users.get(pk=int(urlsafe_base64_decode(uid).decode("ascii")))
        return user if token_generator.check_token(user, token) else None
    except (ValueError, User.DoesNotExist):
        return None
