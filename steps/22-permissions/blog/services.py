"""Services of the blog: each function makes all of its changes to the database, or none of them.

They know nothing of HTTP. Views translate a request into their arguments, and what they return or
raise into a response.
"""

from enum import Enum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import transaction

from blog import images
from blog.models import Post
from blog.permissions import can_change_post


class Keep(Enum):
    """The type of ``KEEP``, which means "leave this as it is"; None means "remove it"."""

    KEEP = "keep"


KEEP = Keep.KEEP


def publish_post(
    *, text: str, author: AbstractBaseUser | AnonymousUser, image: File | None = None
) -> Post:
    """Create and return a post. A post of an anonymous user has no author.

    Raises ``ValidationError``, by field, if the text does not have 1 to 280 characters, or if the
    file is not an image or is too large. If no post is created, no file is left behind.
    """
    post = Post(author=author if author.is_authenticated else None)
    return _save_post(post, text=text, image=KEEP if image is None else image)


def edit_post(
    *,
    post: Post,
    user: AbstractBaseUser | AnonymousUser,
    text: str | Keep = KEEP,
    image: File | None | Keep = KEEP,
) -> Post:
    """Change the text of a post, its image, or both, and return the updated post.

    Omitted arguments stay as they are; None removes the image. Raises ``PermissionDenied`` if the
    user may not change the post, ``ValidationError`` as ``publish_post`` does, and
    ``Post.DoesNotExist`` if the post was deleted meanwhile. The argument ``post`` is not modified.
    """
    if image not in [KEEP, None]:
        # Decoding takes up to a second, so it happens before the lock, which others wait for; but
        # only after a check that the user may change the post.
        _get_post_to_change(post, user, lock=False)
        image = _clean_image(image)
    with transaction.atomic():
        return _save_post(_get_post_to_change(post, user), text=text, image=image)


@transaction.atomic
def delete_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Delete a post. Raises ``PermissionDenied`` and ``Post.DoesNotExist`` as ``edit_post``."""
    _get_post_to_change(post, user).delete()


def _get_post_to_change(
    post: Post, user: AbstractBaseUser | AnonymousUser, *, lock: bool = True
) -> Post:
    """Return the current post if the user may change it; ``lock`` holds it until the commit."""
    posts = Post.objects.select_for_update() if lock else Post.objects
    post = posts.get(pk=post.pk)
    if not can_change_post(user, post):
        raise PermissionDenied
    return post


def _clean_image(image: File) -> images.CleanImage:
    """Return an image that is safe to store. Raises ``ValidationError`` on the field ``image``."""
    try:
        return images.clean_upload(image)
    except ValidationError as error:
        raise ValidationError({"image": error.messages}) from error


def _save_post(post: Post, *, text: str | Keep, image: File | None | Keep) -> Post:
    """Validate the values, set them on the post, and save it; a failure leaves no file."""
    if text is not KEEP:
        post.text = text
    post.clean_fields(exclude=["author"])
    if image is not KEEP:
        post.image = "" if image is None else _clean_image(image)
    try:
        with transaction.atomic():
            post.save()
    except Exception:
        if image is not KEEP:
            post.image.delete(save=False)  # A rollback restores the row, but not the file.
        raise
    return post
