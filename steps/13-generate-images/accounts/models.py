"""The user model."""

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
