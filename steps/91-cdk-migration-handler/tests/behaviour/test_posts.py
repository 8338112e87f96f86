"""Posts are listed newest first, page by page, and can be searched."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blog.services import like_post
from tests.behaviour.language import Refused
from tests.factories import PostFactory


def all_pages(actor, **query):
    """Return the posts of each page, from first to last."""
    pages = [actor.posts(**query)]
    while pages[-1].next is not None:
        pages.append(actor.posts(**query, before=pages[-1].next))
    return [page.posts for page in pages]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (20, [20]), (21, [20, 1]), (41, [20, 20, 1])]
)
def test_pages_show_every_post_once_newest_first(visitor, count, sizes):
    posts = PostFactory.create_batch(count)
    pages = all_pages(visitor)
    assert [len(page) for page in pages] == sizes
    assert [post.id for page in pages for post in page] == [post.pk for post in posts[::-1]]


def test_next_page_is_stable_when_posts_are_added_or_deleted(visitor):
    posts = PostFactory.create_batch(25)
    page = visitor.posts()
    PostFactory.create_batch(3)
    posts[5].delete()
    assert page.next == page.posts[-1].id
    older = visitor.posts(before=page.next)
    assert [post.text for post in older.posts] == [post.text for post in posts[4::-1]]


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "1 2"])
def test_malformed_before_is_rejected(visitor, before):
    with pytest.raises(Refused, match="invalid"):
        visitor.posts(before=before)


@pytest.mark.parametrize("q", ["heron", "HERON", " two herons ", "%", "_", "'", "&", "é", "\\"])
def test_search_finds_a_text_in_any_case_and_takes_every_character_for_itself(visitor, q):
    post = PostFactory(text="Two herons: 100 % _sure_, aren't they & é \\")
    PostFactory(text="An otter")
    assert [found.id for found in visitor.posts(q=q).posts] == [post.pk]


@pytest.mark.parametrize("q", ["otter", "her\0on", "a" * 281])
def test_search_that_finds_nothing_is_no_error(visitor, q):
    PostFactory(text="Two herons")
    assert visitor.posts(q=q).posts == []


def test_search_has_pages_too(visitor):
    posts = PostFactory.create_batch(22, text="a&b é")
    PostFactory.create_batch(22)
    first, second = all_pages(visitor, q="a&b é")
    assert [post.id for post in first + second] == [post.pk for post in reversed(posts)]


def test_nobody_is_told_the_address_of_an_author(site, visitor, anna, berta):
    post = site.member(anna).publish("About herons")
    for actor in [visitor, site.member(berta)]:
        actor.posts()
        actor.post(post.id)
        assert "herons" in actor.received
        assert "anna" not in actor.received


@pytest.mark.parametrize("signed_in", [False, True])
def test_list_and_post_take_as_many_queries_whatever_they_show(site, anna, signed_in):
    actor = site.member(anna) if signed_in else site.visitor()
    costs = []
    for posts in [1, 5]:
        for number in range(posts):
            user = get_user_model().objects.create_user(f"{posts}-{number}@mublog.example")
            post = PostFactory(author=user)
            like_post(post=post, user=user)
        with CaptureQueriesContext(connection) as queries:
            actor.posts()
            actor.post(post.pk)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_post_that_is_not_there_is_missing(visitor):
    post = visitor.publish("About herons")
    for id in [0, post.id + 1, 2**31 - 1]:
        with pytest.raises(Refused, match="missing"):
            visitor.post(id)
