"""Who may do what with a post: the one place that decides, whoever asks."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from blog.models import Post


def may_change(user: AbstractBaseUser | AnonymousUser, post: Post) -> bool:
    """Say whether a user may edit and delete a post: its author may, signed in and active.

    Nobody else may, the staff neither: what they mend, they mend in the admin. A post without an
    author is changed there alone.
    """
    return user.is_active and post.author_id is not None and post.author_id == user.pk


def may_like(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether a user may like posts: whoever is signed in and active may, their own too."""
    return user.is_active
