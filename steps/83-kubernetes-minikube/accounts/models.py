"""The user model."""

from hashlib import sha256
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import NormalizedEmailField
from accounts.managers import UserManager


class User(AbstractBaseUser, PermissionsMixin):
    """A user, identified by e-mail address and password."""

    email = NormalizedEmailField(unique=True)
    is_active = models.BooleanField("may sign in", default=True)
    is_staff = models.BooleanField("may enter the admin", default=False)
    # True after sign-up, until the address is confirmed. An account that the staff deactivated is
    # different: signing up again must not reactivate it.
    awaits_activation = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            # In its one canonical form an address is unique in any case, even for SQL that
            # bypasses the field. ASCII only: not every database can lower-case other letters.
            models.CheckConstraint(
                name="user_email_is_lower_case_ascii",
                condition=Q(email=Lower("email")) & ~Q(email__regex="[^!-~]"),
                violation_error_message="Enter a valid email address.",
            ),
            # ``save`` ensures this, but ``update`` and ``bulk_create`` do not call it.
            models.CheckConstraint(
                name="active_user_awaits_no_activation",
                condition=~Q(is_active=True, awaits_activation=True),
                violation_error_message="An active user awaits no activation.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @transaction.atomic(savepoint=False)  # Part of the caller's transaction, if there is one.
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the user. An active user no longer awaits activation, even if staff activated it."""
        if self.is_active:
            self.awaits_activation = False
            if "is_active" in (kwargs.get("update_fields") or ()):
                kwargs["update_fields"] = {"awaits_activation", *kwargs["update_fields"]}
        # ``_password`` is None for a rehash of the same password, but also for an unusable one.
        has_new_password = self._password is not None or not self.has_usable_password()
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if has_new_password and not is_new:  # Revoke the tokens created with the old one.
            self.tokens.all().delete()

    @property
    def name(self) -> str:
        """The public name of the user: the address stays private."""
        return f"Member {self.pk}"


class TokenQuerySet(models.QuerySet):
    """Chainable queries for tokens."""

    def usable(self, key: str) -> Self:
        """Keep the token with this key if it is valid: not expired, and of an active user."""
        return self.filter(digest=digest(key), expires_at__gt=timezone.now(), user__is_active=True)


def digest(key: str) -> str:
    """Return the digest of a key, which is what the database stores."""
    # One round of SHA-256 is enough, unlike for a password: nobody can guess 256 random bits.
    return sha256(key.encode()).hexdigest()


class Token(models.Model):
    """A key that lets a program act for a user. The key itself is not stored."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    expires_at = models.DateTimeField()

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Token of {self.user_id}"
