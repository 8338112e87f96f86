"""The newest posts, from the cache."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from blog import services
from blog.models import Like, Post
from blog.paging import PAGE_SIZE
from blog.selectors import POSTS_KEY, VERSION_KEY, invalidate_newest_posts, list_posts

pytestmark = pytest.mark.django_db

VISITOR = AnonymousUser()


@pytest.fixture
def anna():
    return User.objects.create_user("anna@mublog.example")


@pytest.fixture
def post(anna):
    return Post.objects.create(text="A heron", author=anna)


def texts(**arguments):
    return [post.text for post in list_posts(VISITOR, **arguments).posts]


def test_second_visitor_needs_no_query(post, django_assert_num_queries):
    first = list_posts(VISITOR)
    with django_assert_num_queries(0):
        second = list_posts(VISITOR)
        assert second == first
        (found,) = second.posts
        assert (found.author.name, found.like_count, found.liked) == (post.author.name, 0, False)


def test_what_a_user_likes_is_one_query_and_not_cached(anna, post, django_assert_num_queries):
    Like.objects.create(post=post, user=anna)
    Post.objects.create(text="Another")
    list_posts(VISITOR)
    with django_assert_num_queries(1):
        page = list_posts(anna)
    assert [(post.like_count, post.liked) for post in page.posts] == [(0, False), (1, True)]
    assert [post.liked for post in list_posts(VISITOR).posts] == [False, False]


def test_what_is_private_is_not_cached(anna, post):
    anna.set_password("correct horse")
    anna.save()
    list_posts(VISITOR)
    ((_, posts),) = cache.get_many([POSTS_KEY]).values()
    assert posts[0].author.get_deferred_fields() >= {"email", "password", "is_staff"}


@pytest.mark.parametrize(
    "arguments", [{"text": "heron"}, {"before": 10**9}, {"size": PAGE_SIZE + 1}], ids=str
)
def test_other_pages_are_read_each_time(post, arguments, django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(1):
            assert texts(**arguments) == ["A heron"]


@pytest.mark.parametrize("size", [1, PAGE_SIZE - 1, PAGE_SIZE])
def test_cached_page_is_the_page_that_the_database_has(size):
    posts = Post.objects.bulk_create([Post(text=str(number)) for number in range(PAGE_SIZE + 5)])
    for _ in range(2):
        page = list_posts(VISITOR, size=size)
        assert page.posts == posts[: -size - 1 : -1]
        assert page.next == posts[-size].pk


CHANGES = {
    "publish": lambda anna, post: services.publish_post(text="Another", author=anna),
    "edit": lambda anna, post: services.edit_post(post=post, user=anna, text="Another"),
    "delete": lambda anna, post: services.delete_post(post=post, user=anna),
    "like": lambda anna, post: services.like_post(post=post, user=anna),
    "unlike": lambda anna, post: services.unlike_post(post=post, user=anna),
    "save": lambda anna, post: Post(pk=post.pk, text="Another").save(),  # As the admin does.
    "generate": lambda anna, post: call_command("generate_posts", 1, images=0),
    "delete user": lambda anna, post: anna.delete(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_shows_at_once(anna, post, name, run_on_commit):
    berta = User.objects.create_user("berta@mublog.example")
    Like.objects.create(post=post, user=anna if name == "unlike" else berta)
    list_posts(VISITOR)
    with run_on_commit():
        CHANGES[name](anna, post)
    expected = Post.objects.with_likes(VISITOR).newest()
    rows = [(post.pk, post.text, post.author_id, post.like_count) for post in expected]
    found = list_posts(VISITOR).posts
    assert [(post.pk, post.text, post.author_id, post.like_count) for post in found] == rows


def test_change_that_is_rolled_back_forgets_nothing(anna, post, run_on_commit):
    list_posts(VISITOR)
    before = cache.get(VERSION_KEY)
    with run_on_commit(), pytest.raises(ValueError), transaction.atomic():
        services.publish_post(text="Another", author=anna)
        raise ValueError
    assert cache.get(VERSION_KEY) == before


def test_page_that_was_read_before_a_change_is_never_shown(post):
    changes = ["Another"]

    def change_after_query(execute, *arguments):
        found = execute(*arguments)
        while changes:  # Once: the change itself makes queries, too.
            Post.objects.create(text=changes.pop())
            invalidate_newest_posts()
        return found

    with connection.execute_wrapper(change_after_query):
        assert texts() == ["A heron"]
    assert texts() == ["Another", "A heron"]
