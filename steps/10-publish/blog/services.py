"""Services of the blog: each function makes all of its changes to the database, or none of them.

They know nothing of HTTP. Views translate a request into their arguments, and what they return or
raise into a response.
"""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from blog.models import Post


@transaction.atomic
def publish_post(*, text: str, author: AbstractBaseUser | AnonymousUser) -> Post:
    """Create and return a post. A post of an anonymous user has no author.

    Raises ``ValidationError``, by field, if the text does not have 1 to 280 characters.
    """
    post = Post(text=text, author=author if author.is_authenticated else None)
    post.clean_fields(exclude=["author"])
    post.save()
    return post
