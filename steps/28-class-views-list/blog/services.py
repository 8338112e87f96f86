"""What can be done with posts: each function changes the database as a whole, or not at all.

They know nothing of HTTP. Whoever calls them translates a request into arguments, and what they
return or raise into an answer.
"""

from enum import Enum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import transaction

from blog import images
from blog.models import Like, Post
from blog.permissions import may_change, may_like


class Keep(Enum):
    """The type of ``KEEP``, which says: leave this as it is. None says: take it away."""

    KEEP = "keep"


KEEP = Keep.KEEP


def publish_post(
    *, text: str, author: AbstractBaseUser | AnonymousUser, image: File | None = None
) -> Post:
    """Store a post and return it. The post of somebody who is not signed in bears no author.

    Raises ``ValidationError``, by field, for a text that is not one of 1 to 280 characters, and
    for a file that is no image or too large a one. Without a post, no file stays behind.
    """
    post = Post(author=author if author.is_authenticated else None)
    return store(post, text=text, image=KEEP if image is None else image)


def edit_post(
    *,
    post: Post,
    user: AbstractBaseUser | AnonymousUser,
    text: str | Keep = KEEP,
    image: File | None | Keep = KEEP,
) -> Post:
    """Change the text of a post, its image, or both, and return it as it is then.

    Whatever is not given stays; None takes the image away. Raises ``PermissionDenied`` for whoever
    may not change the post, ``ValidationError`` as ``publish_post`` does, and
    ``Post.DoesNotExist`` if the post was deleted meanwhile. ``post`` itself is left alone.
    """
    if image not in [KEEP, None]:
        # Decoding takes up to a second. It comes before the lock, for which others would wait, but
        # not before a look whether the user may change the post at all.
        post_to_change(post, user, lock=False)
        image = clean_image(image)
    with transaction.atomic():
        return store(post_to_change(post, user), text=text, image=image)


@transaction.atomic
def delete_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Delete a post. Raises ``PermissionDenied``, ``Post.DoesNotExist`` as ``edit_post`` does."""
    post_to_change(post, user).delete()


@transaction.atomic
def like_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Have a user like a post. Who likes it already goes on doing so, and counts once.

    Raises ``PermissionDenied`` for whoever may not like posts, and ``Post.DoesNotExist`` if the
    post was deleted meanwhile.
    """
    if not may_like(user):
        raise PermissionDenied
    # No look whether there is one already: between that and the insert, another request could
    # store it. The database tries, and leaves out what its constraint forbids.
    Like.objects.bulk_create([Like(post=held(post), user=user)], ignore_conflicts=True)


def unlike_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Take the like of a user back, if there is one. Raises ``PermissionDenied`` as above."""
    if not may_like(user):
        raise PermissionDenied
    Like.objects.filter(post=post, user=user).delete()


def held(post: Post) -> Post:
    """Return a post as it is now, which nobody changes or deletes until the transaction ends."""
    return Post.objects.select_for_update().get(pk=post.pk)


def post_to_change(
    post: Post, user: AbstractBaseUser | AnonymousUser, *, lock: bool = True
) -> Post:
    """Return a post as it is now, if a user may change it; held until the transaction ends."""
    post = held(post) if lock else Post.objects.get(pk=post.pk)
    if not may_change(user, post):
        raise PermissionDenied
    return post


def clean_image(image: File) -> File:
    """Return what may be stored of an image. Raises ``ValidationError`` for the field."""
    try:
        return images.clean(image)
    except ValidationError as error:
        raise ValidationError({"image": error.messages}) from error


def store(post: Post, *, text: str | Keep, image: File | None | Keep) -> Post:
    """Check what is given, put it into the post, and save that; without success, leave no file."""
    if text is not KEEP:
        post.text = text
    post.clean_fields(exclude=["author"])
    if image is not KEEP:
        post.image = "" if image is None else clean_image(image)
    try:
        with transaction.atomic():
            post.save()
    except Exception:
        if image is not KEEP:
            post.image.delete(save=False)  # The database takes its row back, but not the file.
        raise
    return post
