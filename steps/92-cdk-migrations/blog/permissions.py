"""Who may do what with posts: every interface asks these functions."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from blog.models import Post


def can_change_post(user: AbstractBaseUser | AnonymousUser, post: Post) -> bool:
    """Return whether a user may edit and delete a post: only its active author may.

    The staff may not: they change posts in the admin, which is the only place to change a post
    without an author.
    """
    return user.is_active and post.author_id is not None and post.author_id == user.pk


def can_like_post(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether a user may like posts: every active user may, their own posts too."""
    return user.is_active
