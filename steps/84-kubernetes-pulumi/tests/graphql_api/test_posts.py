"""Queries of posts: pages, and single posts."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blog.models import Post
from blog.services import like_post, publish_post
from tests.factories import PostFactory
from tests.graphql_api.client import ask, refusal, send
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

ALL = "id text image author { id name } createdAt likes liked"
PAGE = """
    query ($first: Int, $before: Int, $search: String) {
      posts(first: $first, before: $before, search: $search) { items { %s } next }
    }
"""
IDS = PAGE % "id"


def ids(page):
    return [post["id"] for post in page["items"]]


def test_post_tells_all_that_may_be_known_of_it(client, anna, media):
    post = publish_post(text="<b>Herons</b> 🐦", author=anna, image=upload(draw()))
    like_post(post=post, user=anna)
    shown = {
        "id": post.pk,
        "text": "<b>Herons</b> 🐦",
        "image": f"http://testserver/media/{post.image.name}",
        "author": {"id": anna.pk, "name": f"Member {anna.pk}"},
        "createdAt": post.created_at.isoformat(),
        "likes": 1,
        "liked": False,
    }
    document = "query ($id: Int!) { post(id: $id) { %s } }" % ALL
    assert ask(client, document, id=post.pk) == {"post": shown}
    client.force_login(anna)
    assert ask(client, document, id=post.pk) == {"post": shown | {"liked": True}}


def test_post_of_a_visitor_has_no_author_and_may_lack_an_image(client):
    PostFactory()
    (post,) = ask(client, "{ posts { items { author { name } image } } }")["posts"]["items"]
    assert post == {"author": None, "image": None}


@pytest.mark.parametrize("field", ["email", "password", "isStaff"])
def test_author_has_no_address_nor_anything_else(client, field):
    response = send(client, "{ posts { items { author { %s } } } }" % field)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


def test_missing_post_is_an_error_beside_the_others(client):
    PostFactory()
    response = send(client, "{ post(id: 0) { id } posts { items { text } } }")
    assert (response.status_code, refusal(response)) == (200, ("NOT_FOUND", set()))
    assert response.json()["data"]["post"] is None
    assert len(response.json()["data"]["posts"]["items"]) == 1


def test_pages_show_every_post_once_newest_first(client):
    posts = PostFactory.create_batch(45)
    seen, before = [], None
    for _ in range(3):
        page = ask(client, IDS, before=before)["posts"]
        assert len(page["items"]) <= 20
        seen, before = seen + ids(page), page["next"]
    assert (seen, before) == ([post.pk for post in reversed(posts)], None)


def test_page_has_as_many_posts_as_asked_for(client):
    posts = PostFactory.create_batch(101)
    page = ask(client, IDS, first=2, before=posts[5].pk)["posts"]
    assert page == {"items": [{"id": posts[4].pk}, {"id": posts[3].pk}], "next": posts[3].pk}
    assert len(ids(ask(client, IDS, first=100)["posts"])) == 100
    assert len(ids(ask(client, IDS, first=None)["posts"])) == 20


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"first": 101}, ("LIMIT_EXCEEDED", set())),
        ({"first": 1_000_000}, ("LIMIT_EXCEEDED", set())),
        ({"first": 0}, ("BAD_USER_INPUT", {"first"})),
        ({"first": -1}, ("BAD_USER_INPUT", {"first"})),
        ({"before": -1}, ("BAD_USER_INPUT", {"before"})),
    ],
)
def test_no_more_than_a_hundred_and_no_fewer_than_one(client, arguments, error):
    response = send(client, IDS, **arguments)
    assert (response.status_code, refusal(response)) == (200, error)
    assert response.json()["data"] == {"posts": None}


@pytest.mark.parametrize("before", ["7", 1.5, True, [], {}, 2**31, 10**400, -(2**31) - 1])
def test_value_that_is_not_a_32_bit_int_is_refused_before_anything_runs(client, before):
    response = send(client, IDS, before=before)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


def test_deleted_post_is_a_valid_before(client):
    old, gone, _ = PostFactory.create_batch(3)
    before = gone.pk
    gone.delete()
    assert ids(ask(client, IDS, before=before)["posts"]) == [old.pk]


@pytest.mark.parametrize("search", ["heron", "HERON", " two herons ", "%", "'", "é"])
def test_search_takes_every_character_for_itself(client, search):
    post = PostFactory(text="Two herons: 100 % sûr, aren't they & yé")
    PostFactory(text="An otter")
    assert ids(ask(client, IDS, search=search)["posts"]) == [post.pk]


@pytest.mark.parametrize("search", ["otter", "\0", "\ud83d", "a" * 281, "%" * 60_000])
def test_search_that_finds_nothing_is_an_empty_page(client, search):
    PostFactory(text="Two herons")
    assert ask(client, IDS, search=search) == {"posts": {"items": [], "next": None}}
    assert len(ids(ask(client, IDS, search=None)["posts"])) == 1


def test_queries_do_not_depend_on_what_is_shown(client, anna, media):
    client.force_login(anna)
    document = PAGE % ALL
    for count in [1, 30]:
        for _ in range(count):
            like_post(post=publish_post(text="A", author=anna), user=anna)
        with CaptureQueriesContext(connection) as queries:
            assert ask(client, document, first=100, search="a")["posts"]["items"][0]["likes"] == 1
        assert len(queries) == 2  # The user, the posts.
        assert not re.search("OFFSET|GROUP BY|JOIN .*like", queries[-1]["sql"])
    assert Post.objects.count() == 31
