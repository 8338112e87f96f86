"""How users are made."""

from typing import Any

from django.contrib.auth.models import BaseUserManager
from django.db.models import Model

from accounts.fields import normalize_email


class UserManager(BaseUserManager):
    """Makes users from an e-mail address, where Django's own manager wants a username."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Model:
        """Store a user and return it. Without a password, no password lets it sign in.

        Raises ``ValueError`` for an empty address, and ``IntegrityError`` for one that is taken.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Model:
        """Store a user who may do everything and return it; ``createsuperuser`` calls this."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
