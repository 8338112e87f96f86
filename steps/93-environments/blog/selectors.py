"""Selectors of the blog: the pages of posts that interfaces show.

The newest posts come from the cache. What is cached is the same for everyone; what depends on the
user is added afterwards, so that no mistake in a key can show one user what belongs to another.
"""

from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.cache import cache

from blog.models import Like, Post
from blog.paging import PAGE_SIZE, Page, page_of

VERSION_KEY = "newest-posts-version"
POSTS_KEY = "newest-posts"
# The fields that a page shows. The author's address and password do not belong in a cache.
FIELDS = ["text", "image", "created_at", "author__id"]


def list_posts(
    user: AbstractBaseUser | AnonymousUser,
    *,
    text: str = "",
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """Return a page of the posts that contain this text, with what the user likes.

    The newest posts, which most visitors ask for, are cached; other pages are read each time.
    """
    if text or before is not None or size > PAGE_SIZE:
        return page_of(Post.objects.matching(text).with_likes(user), before=before, size=size)
    posts = _get_newest_posts()
    if user.is_authenticated:
        liked = set(Like.objects.filter(user=user, post__in=posts).values_list("post", flat=True))
        for post in posts:
            post.liked = post.pk in liked
    return Page.from_posts(posts, size)


def invalidate_newest_posts() -> None:
    """Invalidate the cached posts after a committed change: their version no longer matches."""
    cache.set(VERSION_KEY, uuid4().hex, timeout=24 * 60 * 60)


def _get_newest_posts() -> list[Post]:
    """Return the newest posts as a visitor sees them, one more than fit on a page."""
    cached = cache.get_many([VERSION_KEY, POSTS_KEY])
    if VERSION_KEY not in cached:
        invalidate_newest_posts()
        cached = cache.get_many([VERSION_KEY])
    version = cached.get(VERSION_KEY)
    cached_version, posts = cached.get(POSTS_KEY, (None, []))
    if version is None or cached_version != version:
        posts = list(
            Post.objects.with_likes(AnonymousUser())
            .select_related("author")
            .only(*FIELDS)
            .newest()[: PAGE_SIZE + 1]
        )
        # With the version from before the query: a change that was committed meanwhile has made
        # another one, and these posts are never shown.
        cache.set(POSTS_KEY, (version, posts))
    return posts
