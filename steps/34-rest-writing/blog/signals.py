"""Delete the file of an image when its post is deleted or gets another image.

The file is deleted after the commit: until then, a rollback could bring the old row back.
The package django-cleanup does the same for all files of a project.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from blog.models import Post


def delete_on_commit(image: FieldFile) -> None:
    """Delete a file after the commit. If that fails, log it and carry on."""
    storage, name = image.storage, image.name
    transaction.on_commit(lambda: storage.delete(name), robust=True)


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
