"""What can be done with posts: each function changes the database as a whole, or not at all.

They know nothing of HTTP. Whoever calls them translates a request into arguments, and what they
return or raise into an answer.
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
    """Store a post and return it. The post of somebody who is not signed in bears no author.

    Raises ``ValidationError``, by field, for a text that is not one of 1 to 280 characters, and
    for a file that is no image or too large a one. Without a post, no file stays behind.
    """
    post = Post(text=text, author=author if author.is_authenticated else None)
    post.clean_fields(exclude=["author"])
    if image is not None:
        try:
            post.image = images.clean(image)
        except ValidationError as error:
            raise ValidationError({"image": error.messages}) from error
    try:
        with transaction.atomic():
            post.save()
    except Exception:
        post.image.delete(save=False)  # The database takes its row back, but not the file.
        raise
    return post
