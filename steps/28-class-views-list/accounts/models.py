"""Who a user is."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import NormalizedEmailField
from accounts.managers import UserManager


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, by e-mail address and password."""

    email = NormalizedEmailField(unique=True)
    is_active = models.BooleanField("may sign in", default=True)
    is_staff = models.BooleanField("may enter the admin", default=False)
    # Signed up, and nobody has proven yet that the address is theirs. An account that the staff
    # lock is another thing: signing up again must not bring it back.
    awaits_activation = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            # While an address has one spelling, "unique" means without regard to case. The database
            # itself insists on that spelling, even towards SQL that never saw the field: ASCII
            # alone, since not every database knows the lower case of other letters.
            models.CheckConstraint(
                name="user_email_is_lower_case_ascii",
                condition=Q(email=Lower("email")) & ~Q(email__regex="[^!-~]"),
                violation_error_message="Enter a valid email address.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user. Whoever may sign in awaits nothing, also if the staff let them in."""
        if self.is_active:
            self.awaits_activation = False
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """What others call the user: the address is nobody else's business."""
        return f"Member {self.pk}"
