"""Pages of posts, and search."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from blog.models import Post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db

POSTS = "/fbv/posts/"


def shown(response):
    assert response.status_code == 200
    return list(response.context["posts"])


def older(response):
    """Return the URL of the next page, or None on the last one."""
    link = re.search(r'href="([^"]*)" rel="next"', response.text)
    return link and POSTS + unescape(link[1])


def test_pages_show_every_post_once_newest_first(client):
    for count, pages in [(0, 1), (20, 1), (21, 2), (40, 2), (41, 3)]:
        PostFactory.create_batch(count - Post.objects.count())
        seen, address, visited = [], POSTS, 0
        while address:
            response = client.get(address)
            assert len(shown(response)) <= 20
            seen += shown(response)
            address, visited = older(response), visited + 1
        assert (seen, visited) == (list(Post.objects.order_by("-pk")), pages)


def test_next_page_is_stable_when_posts_are_added_or_deleted(client):
    posts = PostFactory.create_batch(25)
    address = older(client.get(POSTS))
    assert address == f"{POSTS}?before={posts[5].pk}"
    PostFactory.create_batch(3)
    posts[5].delete()
    response = client.get(address)
    assert shown(response) == posts[4::-1]
    assertContains(response, 'href="?">Newest</a>')


@pytest.mark.parametrize(
    "before", ["x", "-1", "1.5", "1 2", "٣", "1e3", "%00", "9" * 20, "9" * 5000]
)
def test_malformed_before_is_a_bad_request(client, before):
    response = client.get(f"{POSTS}?before={before}")
    assertContains(response, "<h1>Not understood</h1>", status_code=400)


def test_any_number_is_a_valid_before(client):
    post = PostFactory()
    assert shown(client.get(f"{POSTS}?before={'9' * 19}")) == [post]
    assert shown(client.get(f"{POSTS}?before=")) == [post]
    assertContains(client.get(f"{POSTS}?before=0"), "There are no older posts.")


@pytest.mark.parametrize("q", ["heron", "HERON", " two herons ", "%", "_", "'", "&"])
def test_search_finds_a_text_in_any_case_and_takes_every_character_for_itself(client, q):
    post = PostFactory(text="Two herons: 100 % _sure_, aren't they & yes")
    PostFactory(text="An otter")
    assert shown(client.get(POSTS, {"q": q})) == [post]


@pytest.mark.parametrize("q", ["otter", "\0", "her\0on", "a" * 281, "%" * 60_000, "<script>"])
def test_search_that_finds_nothing_says_so(client, q):
    PostFactory(text="Two herons")
    response = client.get(POSTS, {"q": q})
    assert shown(response) == []
    assertContains(response, "No post contains “")
    assertNotContains(response, "<script>")


def test_pages_of_a_search_keep_the_text(client):
    posts = PostFactory.create_batch(22, text="a&b é")
    PostFactory(text="other")
    response = client.get(POSTS, {"q": "a&b é"})
    assertContains(response, 'value="a&amp;b é"')
    response = client.get(older(response))
    assert shown(response) == posts[1::-1]
    assertContains(response, 'href="?q=a%26b+%C3%A9">Newest</a>')


@pytest.mark.parametrize("query", ["?before={}", "?q=post", "?q=post&before={}"])
def test_page_is_one_query_that_neither_counts_nor_skips(client, query):
    posts = PostFactory.create_batch(45)
    with CaptureQueriesContext(connection) as queries:
        assert len(shown(client.get(POSTS + query.format(posts[30].pk)))) > 0
    (sql,) = [query["sql"] for query in queries]
    assert "LIMIT 21" in sql
    # The only counts are those of likes, for each post on the page.
    assert re.findall("COUNT|OFFSET|JOIN .*like|GROUP BY", sql) == ["COUNT"]


def test_page_is_found_by_the_primary_key_and_nothing_is_sorted(explain):
    for posts in [Post.objects.newest(), Post.objects.newest().before(9)]:
        assert "Index Scan Backward using blog_post_pkey" in explain(posts)
        assert "Sort" not in explain(posts)
    assert "Index Cond: (id < 9)" in explain(Post.objects.newest().before(9))
