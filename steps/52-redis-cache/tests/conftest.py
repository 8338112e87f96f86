"""Settings and fixtures for all tests."""

from functools import partial
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.core.cache import caches
from django.db import connection

from accounts.models import User
from blog.models import Like, Post

# Of this run's keys in Redis.
PREFIX = f"test-{uuid4().hex}:"


@pytest.fixture(autouse=True)
def media(settings, tmp_path_factory):
    """Store the uploads of each test in a temporary folder of its own, and return it."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / uuid4().hex
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def isolated_cache():
    """Give each test its own key prefix: `clear()` would empty a developer's cache as well.

    The caches of this thread keep their connections; another thread makes its own caches.
    """
    prefix = f"{PREFIX}{uuid4().hex}"
    for alias, options in settings.CACHES.items():
        options["KEY_PREFIX"] = caches[alias].key_prefix = prefix
        caches[alias].paused_until = 0.0


@pytest.fixture(scope="session", autouse=True)
def delete_keys():
    """Delete what this run leaves in Redis."""
    yield
    with redis.from_url(*settings.CACHES["default"]["LOCATION"]) as client:
        for key in client.scan_iter(f"{PREFIX}*"):
            client.delete(key)


@pytest.fixture
def set_cache_url(settings):
    """Makes this process use another server for its caches."""

    def set_cache_url(url):
        settings.CACHES = {
            alias: {**cache, "LOCATION": [url]} for alias, cache in settings.CACHES.items()
        }

    return set_cache_url


@pytest.fixture
def run_on_commit(django_capture_on_commit_callbacks):
    """Runs the callbacks of ``on_commit``, as the end of a transaction would."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def explain(db):
    """Returns the plan of a page of posts, of 2,000: Postgres reads a small table as a whole."""
    users = [User(email=f"{number}@mublog.example") for number in range(200)]
    authors = User.objects.bulk_create(users)
    posts = Post.objects.bulk_create([Post(text="A", author=author) for author in authors * 10])
    Like.objects.bulk_create([Like(post=post, user=authors[0]) for post in posts])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE blog_post, blog_like; SET LOCAL enable_bitmapscan = off")
    return lambda posts: posts[:21].explain()


def pytest_configure():
    """Hash with MD5: a real hash is slow by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
