"""The manager of users."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import BaseUserManager

from accounts.fields import normalize_email

if TYPE_CHECKING:  # The model imports this module.
    from accounts.models import User


class UserManager(BaseUserManager):
    """Creates users by e-mail address, where Django's own manager requires a username."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create and return a user. A user without a password cannot sign in with one.

        Raises ``ValueError`` for an empty address, and ``IntegrityError`` for one that is taken.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create and return a user with every permission; ``createsuperuser`` calls this."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
