"""Services of the blog: each function makes all of its changes to the database, or none of them.

They know nothing of HTTP. Views translate a request into their arguments, and what they return or
raise into a response.
"""

from enum import Enum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import IntegrityError, connection, transaction

from blog import images
from blog.exceptions import StorageUnavailable
from blog.models import Like, Post, PostQuerySet
from blog.permissions import can_change_post, can_like_post
from blog.selectors import invalidate_newest_posts
from blog.tasks import delete_image


class Keep(Enum):
    """The type of ``KEEP``, which means "leave this as it is"; None means "remove it"."""

    KEEP = "keep"


KEEP = Keep.KEEP


def publish_post(
    *, text: str, author: AbstractBaseUser | AnonymousUser, image: File | None = None
) -> Post:
    """Create and return a post. A post of an anonymous user has no author.

    Raises ``ValidationError``, by field, if the text does not have 1 to 280 characters, or if the
    file is not an image or is too large, and ``StorageUnavailable`` if it cannot be stored. If no
    post is created, no file is left behind.
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
        _get_post_to_change(post, user, Post.objects.all())
        image = _clean_image(image)
    with transaction.atomic():
        locked = _get_post_to_change(post, user, Post.objects.select_for_update(no_key=True))
        return _save_post(locked, text=text, image=image)


@transaction.atomic
def delete_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Delete a post. Raises ``PermissionDenied`` and ``Post.DoesNotExist`` as ``edit_post``."""
    # Unlike the lock of an edit, this one also blocks a new like, which refers to the key.
    _get_post_to_change(post, user, Post.objects.select_for_update()).delete()


def like_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Like a post as a user. Liking it again changes nothing, and counts once.

    Raises ``PermissionDenied`` if the user may not like posts, and ``Post.DoesNotExist`` if the
    post was deleted meanwhile.
    """
    if not can_like_post(user):
        raise PermissionDenied
    try:
        with transaction.atomic():
            # No check whether there is a like already, or a post still: another request could come
            # between the check and the insert. The constraints of the database decide.
            Like.objects.bulk_create([Like(post=post, user=user)], ignore_conflicts=True)
            # Django's foreign keys are checked at the commit; check them while we can respond.
            connection.check_constraints()
            transaction.on_commit(invalidate_newest_posts, robust=True)
    except IntegrityError as error:
        raise Post.DoesNotExist from error


def unlike_post(*, post: Post, user: AbstractBaseUser | AnonymousUser) -> None:
    """Remove a user's like, if there is one. Raises ``PermissionDenied`` as ``like_post`` does."""
    if not can_like_post(user):
        raise PermissionDenied
    Like.objects.filter(post=post, user=user).delete()
    transaction.on_commit(invalidate_newest_posts, robust=True)


def _get_post_to_change(
    post: Post, user: AbstractBaseUser | AnonymousUser, posts: PostQuerySet
) -> Post:
    """Return the current post if the user may change it, read and locked as ``posts`` says."""
    current = posts.get(pk=post.pk)
    if not can_change_post(user, current):
        raise PermissionDenied
    return current


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
    except StorageUnavailable:
        raise  # Nothing was stored.
    except Exception:
        if image is not KEEP:
            try:
                post.image.delete(save=False)  # A rollback restores the row, but not the file.
            except StorageUnavailable:
                delete_image.delay(post.image.name)  # Later.
        raise
    return post
