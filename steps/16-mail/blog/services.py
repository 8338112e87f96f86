"""Services of the blog: each function makes all of its changes to the database, or none of them.

They know nothing of HTTP. Views translate a request into their arguments, and what they return or
raise into a response.
"""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction

from blog import images
from blog.models import Post


def publish_post(
    *, text: str, author: AbstractBaseUser | AnonymousUser, image: File | None = None
) -> Post:
    """Create and return a post. A post of an anonymous user has no author.

    Raises ``ValidationError``, by field, if the text does not have 1 to 280 characters, or if the
    file is not an image or is too large. If no post is created, no file is left behind.
    """
    post = Post(text=text, author=author if author.is_authenticated else None)
    post.clean_fields(exclude=["author"])
    if image is not None:
        try:
            post.image = images.clean_upload(image)
        except ValidationError as error:
            raise ValidationError({"image": error.messages}) from error
    try:
        with transaction.atomic():
            post.save()
    except Exception:
        post.image.delete(save=False)  # A rollback restores the row, but not the file.
        raise
    return post
