"""The user model."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
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
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the user. An active user no longer awaits activation, even if staff activated it."""
        if self.is_active:
            self.awaits_activation = False
            if "is_active" in (kwargs.get("update_fields") or ()):
                kwargs["update_fields"] = {"awaits_activation", *kwargs["update_fields"]}
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """The public name of the user: the address stays private."""
        return f"Member {self.pk}"
