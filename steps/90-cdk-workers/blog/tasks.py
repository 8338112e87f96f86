"""Tasks of the blog: what a worker does, so that no visitor waits for it.

Each is safe to repeat, because a worker that dies leaves its task to another one.
"""

from celery import shared_task

from blog.exceptions import StorageUnavailable
from blog.models import Post


# In seconds: 10, 20, 40, 80, and then 2 minutes between two attempts, for half an hour.
@shared_task(
    autoretry_for=[StorageUnavailable],
    retry_backoff=10,
    retry_backoff_max=120,
    retry_jitter=False,
    max_retries=18,
)
def delete_image(name: str) -> None:
    """Delete the file of an image. If it is already gone, do nothing."""
    Post._meta.get_field("image").storage.delete(name)
