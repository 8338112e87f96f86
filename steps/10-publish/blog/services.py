"""What can be done with posts: each function changes the database as a whole, or not at all.

They know nothing of HTTP. Whoever calls them translates a request into arguments, and what they
return or raise into an answer.
"""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from blog.models import Post


@transaction.atomic
def publish_post(*, text: str, author: AbstractBaseUser | AnonymousUser) -> Post:
    """Store a post and return it. The post of somebody who is not signed in bears no author.

    Raises ``ValidationError``, by field, for a text that is not one of 1 to 280 characters.
    """
    post = Post(text=text, author=author if author.is_authenticated else None)
    post.clean_fields(exclude=["author"])
    post.save()
    return post
