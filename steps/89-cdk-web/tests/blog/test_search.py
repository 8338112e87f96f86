"""Search by the index of trigrams, and the migration that creates it."""

import re

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from blog import models
from blog.models import Post
from tests.factories import PostFactory
from tests.threads import run_at_once

INDEX = "post_text_trigrams"


@pytest.fixture
def many_posts(transactional_db):
    """100,000 posts, each with the word *heron* and a number. The test ends with a TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO blog_post (text, image, created_at) SELECT"
            " format('The heron %s stands in the water', n), '', now()"
            " FROM generate_series(1, 100000) AS n"
        )
        # All rows are sampled. By default, 30,000 are, and chance decides how rare a text looks.
        cursor.execute("SET default_statistics_target = 400")
        cursor.execute("ANALYZE blog_post")
        cursor.execute("RESET default_statistics_target")


def test_rare_text_is_found_by_the_index_and_a_frequent_one_among_the_newest(many_posts):
    for posts in [Post.objects.newest(), Post.objects.newest().before(10**6)]:
        rare = posts.matching("HERON 4711")[:2]
        assert [post.text[:14] for post in rare] == ["The heron 4711", "The heron 4711"]
        assert f"Bitmap Index Scan on {INDEX}" in rare.explain()
        assert "Index Scan Backward using blog_post_pkey" in posts.matching("heron")[:21].explain()
        plan = posts.matching("!")[:21].explain()
        assert re.search(r"Index Scan Backward using blog_post_pkey[\s\S]+\(id > \(", plan)


@pytest.mark.parametrize("text", ["e", "!", "n ", "_a_", "ü!"])
@pytest.mark.django_db
def test_text_without_three_letters_is_looked_for_in_the_newest_posts(monkeypatch, text):
    monkeypatch.setattr(models, "MAX_UNINDEXED", 3)
    posts = PostFactory.create_batch(5, text=f"Herons: a_a_{text}!")
    assert list(Post.objects.newest().matching(text)) == posts[:1:-1]
    assert Post.objects.matching("herons").count() == 5
    Post.objects.filter(pk__gt=posts[1].pk).delete()
    assert Post.objects.matching(text).count() == 2


@pytest.mark.django_db(transaction=True)
def test_migration_waits_for_nobody_for_long_and_can_be_repeated():
    def migrate():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 200")  # In milliseconds.
        call_command("migrate", "blog", verbosity=0)

    call_command("migrate", "blog", "0004", verbosity=0)
    assert not is_valid()
    with transaction.atomic():
        PostFactory()
        (error,) = run_at_once(migrate)
    assert isinstance(error, OperationalError)
    assert run_at_once(migrate) == [None]
    assert is_valid()


def is_valid():
    """Return whether the index exists and is complete."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname = %s",
            [INDEX],
        )
        return cursor.fetchone() == (True,)
