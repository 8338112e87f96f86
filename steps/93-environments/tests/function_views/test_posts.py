"""The pages that show posts."""

import re

import pytest
from django.contrib.auth import get_user_model
from pytest_django.asserts import assertContains, assertNotContains

from blog.models import PostQuerySet
from blog.services import like_post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db

POSTS = "/fbv/posts/"


def test_list_without_posts_says_so(client):
    assertContains(client.get(POSTS), "Nothing has been published yet.")


def test_list_shows_the_twenty_newest_posts_newest_first(client):
    posts = PostFactory.create_batch(21)
    response = client.get(POSTS)
    assert list(response.context["posts"]) == posts[:0:-1]
    assertContains(response, "<article", count=20)


def test_list_leads_to_each_post_and_the_post_back(client):
    post = PostFactory(text="About herons")
    assertContains(client.get(POSTS), f'href="{POSTS}{post.pk}/"')
    response = client.get(f"{POSTS}{post.pk}/")
    assertContains(response, "<title>About herons · μblog</title>")
    assertContains(response, f'<a href="{POSTS}">All posts</a>')


def test_list_takes_one_query_however_many_posts_and_authors(client, django_assert_num_queries):
    PostFactory()
    with django_assert_num_queries(1):
        client.get(POSTS)
    for number in range(5):
        PostFactory(author=get_user_model().objects.create_user(f"{number}@mublog.example"))
    with django_assert_num_queries(1):
        client.get(POSTS)


def test_post_takes_one_query(client, django_assert_num_queries):
    post = PostFactory(author=get_user_model().objects.create_user("anna@mublog.example"))
    with django_assert_num_queries(1):
        client.get(f"{POSTS}{post.pk}/")


def test_html_in_a_post_is_shown_and_does_not_run(client):
    post = PostFactory(text="<script>alert(1)</script> & more")
    for address in [POSTS, f"{POSTS}{post.pk}/"]:
        response = client.get(address)
        assertNotContains(response, "<script>")
        assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</p>")


@pytest.mark.parametrize("text", ["one\ntwo", "שלום 😀"])
def test_post_shows_its_lines_and_its_direction(client, text):
    response = client.get(f"{POSTS}{PostFactory(text=text).pk}/")
    assertContains(response, f'<p class="post-text" dir="auto">{text}</p>')


def test_nobody_learns_the_address_of_an_author(client):
    anna = get_user_model().objects.create_user("anna@mublog.example")
    post = PostFactory(author=anna)
    PostFactory()
    for address in [POSTS, f"{POSTS}{post.pk}/"]:
        response = client.get(address)
        assertContains(response, f"Member {anna.pk},")
        assertNotContains(response, "anna")
    assertContains(client.get(POSTS), "A visitor,")


@pytest.mark.parametrize("pk", ["0", "1", "-1", "abc", "1.5", "%00", "١", "9" * 19, "9" * 5000])
def test_post_that_is_not_there_is_not_found(client, pk):
    assertContains(client.get(f"{POSTS}{pk}/"), "<h1>Not found</h1>", status_code=404)


def test_unexpected_error_has_a_page_that_tells_nothing_of_it(client, monkeypatch):
    def fail(posts):
        raise ValueError("a secret")

    monkeypatch.setattr(PostQuerySet, "newest", fail)
    client.raise_request_exception = False
    response = client.get(POSTS)
    assertContains(response, "<h1>Something went wrong</h1>", status_code=500)
    assertNotContains(response, "secret", status_code=500)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_page_of_a_post_refuses_methods_that_would_change_something(client, method):
    response = getattr(client, method)(f"{POSTS}{PostFactory().pk}/")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_pages_show_likes_and_which_are_ones_own_in_as_many_queries_as_without(
    client, django_assert_num_queries
):
    users = [get_user_model().objects.create_user(f"{n}@mublog.example") for n in range(3)]
    PostFactory(text="liked by nobody")
    posts = PostFactory.create_batch(2)
    for user in users[:2]:
        like_post(post=posts[0], user=user)
    like_post(post=posts[1], user=users[0])
    for user, queries, own in [(None, 1, 0), (users[0], 2, 2), (users[1], 2, 1), (users[2], 2, 0)]:
        if user:
            client.force_login(user)
        with django_assert_num_queries(queries):  # The user, and the posts or the likes.
            response = client.get(POSTS)
        for likes in ["0 likes", "1 like", "2 likes"]:
            assert re.search(rf"\b{likes}\b", response.text)
        assertContains(response, 'aria-pressed="true"', count=own)
        with django_assert_num_queries(queries):
            assertContains(client.get(f"{POSTS}{posts[0].pk}/"), "2 likes")


def test_profile_shows_the_likes_of_ones_own_posts(client):
    anna = get_user_model().objects.create_user("anna@mublog.example")
    post = PostFactory(author=anna)
    like_post(post=post, user=anna)
    client.force_login(anna)
    assertContains(client.get("/fbv/accounts/profile/"), "1 like")
