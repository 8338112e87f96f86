"""The models of the blog."""

import re
import unicodedata
from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Length, Upper
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

MAX_LENGTH = 280
# Postgres can store neither half of a surrogate pair nor a null character.
UNSTORABLE = r"[\x00\ud800-\udfff]"
# The index of the texts contains every three letters or digits that follow one another. It hardly
# helps a search without them, which reads no more than this many posts, the newest ones.
INDEXED = r"[^\W_]{3}"
MAX_UNINDEXED = 10_000


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

    def before(self, pk: int) -> Self:
        """Keep the posts older than the one with this id, whether or not that one still exists."""
        return self.filter(pk__lt=pk)

    def matching(self, text: str) -> Self:
        """Keep the posts that contain this text, ignoring case.

        A text like "a" or "!", which the index does not know, is found in the newest posts only.
        """
        text = normalize_text(text)
        # No post contains these, and Postgres rejects a pattern with a null character.
        if len(text) > MAX_LENGTH or re.search(UNSTORABLE, text):
            return self.none()
        if not text:
            return self
        posts = self.filter(text__icontains=text)
        if re.search(INDEXED, text):
            return posts
        newest = Post.objects.newest().values("pk")[:1]
        return posts.filter(pk__gt=Subquery(newest) - MAX_UNINDEXED)

    def written_by(self, user: AbstractBaseUser) -> Self:
        """Keep the posts of this user."""
        return self.filter(author=user)

    def with_likes(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Annotate each post with ``like_count``, and with ``liked``: whether ``user`` likes it.

        Both are subqueries that use an index, evaluated only for the posts of the page. A JOIN with
        GROUP BY would count the likes of every post before it returned twenty.
        """
        likes = Like.objects.filter(post=OuterRef("pk"))
        # Not Django's Count, which adds a GROUP BY. Without a GROUP BY, no likes count as 0.
        count = Func(template="COUNT(*)", output_field=IntegerField())
        mine = Exists(likes.filter(user=user)) if user.is_authenticated else Value(False)
        return self.annotate(like_count=Subquery(likes.values(count=count)), liked=mine)


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
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        indexes = [
            # Finds the posts of an author newest first, so that a page of them is not sorted.
            models.Index(fields=["author", "-id"], name="post_author_newest"),
            # Finds the posts that contain a text: ``icontains`` compares in upper case.
            # New posts wait in a list, which each search reads as a whole: 64 kB is the least.
            GinIndex(
                OpClass(Upper("text"), name="gin_trgm_ops"),
                name="post_text_trigrams",
                gin_pending_list_limit=64,
            ),
        ]
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


class Like(models.Model):
    """A user's like of a post."""

    # No separate index: the index of the unique constraint begins with ``post``.
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="likes", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="likes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "user"], name="one_like_per_post_and_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.post_id}"
