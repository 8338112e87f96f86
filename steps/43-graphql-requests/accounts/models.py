"""Who a user is."""

from hashlib import sha256
from typing import Any, Self

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
        """Store the user. Whoever may sign in awaits nothing, also if the staff let them in.

        A new password, whoever sets it, revokes what was made with the old one: the tokens.
        """
        if self.is_active:
            self.awaits_activation = False
        has_new_password = self._password is not None and not self._state.adding
        super().save(*args, **kwargs)
        if has_new_password:
            self.tokens.all().delete()

    @property
    def name(self) -> str:
        """What others call the user: the address is nobody else's business."""
        return f"Member {self.pk}"


class TokenQuerySet(models.QuerySet):
    """The words in which tokens are asked for."""

    def usable(self, key: str) -> Self:
        """Keep the token with this key, if it is good: not too old, and of an active user."""
        return self.filter(digest=digest(key), expires_at__gt=timezone.now(), user__is_active=True)


def digest(key: str) -> str:
    """Return what is stored of a key.

    One round is enough, unlike for a password: nobody guesses 256 random bits.
    """
    return sha256(key.encode()).hexdigest()


class Token(models.Model):
    """A key with which a program acts for a user. The key itself is stored nowhere."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    expires_at = models.DateTimeField()

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Token of {self.user_id}"
