"""The models of the blog."""

import unicodedata
from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

MAX_LENGTH = 280
# No database can store half of a surrogate pair, and some cannot store a null character.
UNSTORABLE = r"[\x00\ud800-\udfff]"


def normalize_text(text: str) -> str:
    """Return a text as it is stored: LF line ends, NFC, and no whitespace at either end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    # NFC merges at most four characters into one: a longer text would still be too long.
    return unicodedata.normalize("NFC", text) if len(text) <= 4 * MAX_LENGTH else text


class PostQuerySet(models.QuerySet):
    """Chainable queries for posts."""

    def newest(self) -> Self:
        """Order by primary key, newest first: it grows with time, and it is always indexed."""
        return self.order_by("-pk")


class Post(models.Model):
    """A short text that somebody has published."""

    text = models.CharField(
        max_length=MAX_LENGTH,
        validators=[
            RegexValidator(
                UNSTORABLE,
                message="This text has a character that cannot be stored.",
                inverse_match=True,
            )
        ],
    )
    image = models.FileField(upload_to="posts/", blank=True)
    # None if a visitor wrote the post, or if its author was deleted: only the staff may change it.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="post_text_length",
                condition=Q(
                    GreaterThan(Length("text"), 0), LessThanOrEqual(Length("text"), MAX_LENGTH)
                ),
                violation_error_message=f"Enter a text of 1 to {MAX_LENGTH} characters.",
            ),
        ]

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Validate the fields, with the text in its normal form."""
        self.text = normalize_text(self.text)
        super().clean_fields(exclude)

    def __str__(self) -> str:
        return Truncator(self.text).chars(50)

    def get_absolute_url(self) -> str:
        """Return the URL of the post's page, where the admin's *View on site* leads."""
        return reverse("fbv:post-detail", args=[self.pk])
