"""Settings and fixtures for all tests."""

from functools import partial
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from blog.models import Like, Post


@pytest.fixture(autouse=True)
def media(settings, tmp_path_factory):
    """Store the uploads of each test in a temporary folder of its own, and return it."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / uuid4().hex
    return settings.MEDIA_ROOT


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
