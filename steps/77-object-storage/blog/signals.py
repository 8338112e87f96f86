"""After every change of a post, in the admin too: delete the file that it no longer uses, and
invalidate the cached posts.

Both happen after the commit: until then, a rollback could bring the old row back. A task deletes
the file; the package django-cleanup does that for all files of a project, without a task.
"""

import logging
from collections.abc import Collection
from typing import Any

from celery.exceptions import OperationalError
from django.conf import settings
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from blog.models import Post
from blog.selectors import invalidate_newest_posts
from blog.tasks import delete_image

logger = logging.getLogger(__name__)


def delete_on_commit(image: FieldFile) -> None:
    """Delete a file after the commit. If that fails, log it and carry on."""
    name = image.name
    transaction.on_commit(lambda: publish_or_delete(name), robust=True)


def publish_or_delete(name: str) -> None:
    """Publish the task that deletes a file. If the broker is away, delete the file at once."""
    try:
        delete_image.delay(name)
    except OperationalError as error:
        delete_image(name)
        logger.warning("Deleted an image without a worker: the broker is away (%s).", error)


@receiver(post_delete, sender=Post)
def delete_with_post(instance: Post, **kwargs: Any) -> None:
    if instance.image:
        delete_on_commit(instance.image)


@receiver(pre_save, sender=Post)
def find_replaced(instance: Post, update_fields: Collection[str] | None, **kwargs: Any) -> None:
    """Find the image that this save replaces, while the database still has its name."""
    stored = Post.objects.exclude(image="").exclude(image=instance.image.name or "")
    if instance.pk is None or (update_fields is not None and "image" not in update_fields):
        stored = stored.none()
    instance.replaced_images = [post.image for post in stored.filter(pk=instance.pk)]


@receiver(post_save, sender=Post)
def delete_replaced(instance: Post, **kwargs: Any) -> None:
    for image in instance.replaced_images:
        delete_on_commit(image)


@receiver([post_save, post_delete], sender=Post)
@receiver(post_delete, sender=settings.AUTH_USER_MODEL)  # With the user's likes.
def invalidate_on_commit(**kwargs: Any) -> None:
    """Invalidate the cached posts after the commit."""
    transaction.on_commit(invalidate_newest_posts, robust=True)
