"""Posts in the admin."""

import pytest
from django.contrib.auth import get_user_model
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from blog.models import Post
from tests.factories import PostFactory

POSTS = "/admin/blog/post/"


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user("anna@mublog.example")


def test_posts_are_listed_and_searched(admin_client, anna):
    PostFactory(text="About herons", author=anna)
    assertContains(admin_client.get(POSTS), "anna@mublog.example")
    assertContains(admin_client.get(POSTS, {"q": "heron"}), "About herons")
    assertNotContains(admin_client.get(POSTS, {"q": "otter"}), "About herons")


def test_list_takes_as_many_queries_for_many_posts_as_for_one(
    admin_client, anna, django_assert_num_queries
):
    PostFactory(author=anna)
    with django_assert_num_queries(4):
        admin_client.get(POSTS)
    PostFactory.create_batch(10, author=anna)
    with django_assert_num_queries(4):
        admin_client.get(POSTS)


def test_post_is_added_changed_and_deleted(admin_client, anna):
    assertRedirects(admin_client.post(f"{POSTS}add/", {"text": "One\r\ntwo"}), POSTS)
    post = Post.objects.get()
    assert (post.text, post.author) == ("One\ntwo", None)
    assertContains(admin_client.get(f"{POSTS}{post.pk}/change/"), "One\ntwo</textarea>")

    admin_client.post(f"{POSTS}{post.pk}/change/", {"text": "Three", "author": anna.pk})
    post.refresh_from_db()
    assert (post.text, post.author) == ("Three", anna)

    admin_client.post(f"{POSTS}{post.pk}/delete/", {"post": "yes"})
    assert not Post.objects.exists()


def test_post_that_is_too_long_is_an_error_of_the_form(admin_client):
    response = admin_client.post(f"{POSTS}add/", {"text": "a" * 281})
    assertContains(response, "at most 280 characters")
    assert not Post.objects.exists()


def test_admin_has_a_link_to_the_page_of_a_post(admin_client):
    post = PostFactory()
    link = admin_client.get(f"{POSTS}{post.pk}/change/").context["absolute_url"]
    assertRedirects(admin_client.get(link), f"http://testserver/fbv/posts/{post.pk}/")
