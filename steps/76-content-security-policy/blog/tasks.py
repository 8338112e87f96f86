"""Tasks of the blog: what a worker does, so that no visitor waits for it.

Each is safe to repeat, because a worker that dies leaves its task to another one.
"""

from celery import shared_task

from blog.models import Post


@shared_task
def delete_image(name: str) -> None:
    """Delete the file of an image. If it is already gone, do nothing."""
    Post._meta.get_field("image").storage.delete(name)
