"""The like button, without JavaScript."""

import re
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from blog.models import Like, Post
from blog.services import like_post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db

POSTS = "/fbv/posts/"


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


@pytest.fixture
def client(anna):
    client = Client()
    client.force_login(anna)
    return client


@pytest.fixture
def post():
    return PostFactory(text="About herons & otters")


@pytest.fixture
def like(post):
    return f"{POSTS}{post.pk}/like/"


def sent(response):
    """Return what the form on a page sends when its button is pressed."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'name="(next|liked)" value="([^"]*)"', response.text)
    }


def test_button_likes_a_post_and_takes_it_back_and_leads_back_to_its_page(client, post, like):
    page = f"{POSTS}?q=herons+%26&before={post.pk + 1}"
    for likes, pressed in [("1 like", "true"), ("0 likes", "false")]:
        response = client.post(like, sent(client.get(page)))
        address = f"{page}#post-{post.pk}"
        assertRedirects(response, address, status_code=303, fetch_redirect_response=False)
        response = client.get(page)
        assertContains(response, f'<article class="card mb-3" id="post-{post.pk}">')
        assertContains(response, likes)
        assertContains(response, f'aria-pressed="{pressed}"')


@pytest.mark.parametrize("liked", ["0", "1"])
def test_form_that_is_sent_twice_does_no_more_than_once(client, anna, post, like, liked):
    if liked == "0":
        like_post(post=post, user=anna)
    for _ in range(2):
        response = client.post(like, {"liked": liked})
        assertRedirects(response, f"{POSTS}{post.pk}/", status_code=303)
        assert Like.objects.count() == int(liked)


def test_visitor_sees_the_count_and_a_way_to_sign_in_that_leads_back(anna, post):
    like_post(post=post, user=anna)
    visitor = Client()
    response = visitor.get(f"{POSTS}?q=herons+%26")
    assertContains(response, "1 like ·")
    assertNotContains(response, 'name="liked"')
    sign_in = unescape(re.search(r'href="([^"]*)">Sign in to like', response.text)[1])
    data = {"username": "anna@mublog.example", "password": "correct horse"}
    page = f"{POSTS}?q=herons+%26#post-{post.pk}"
    response = visitor.post(sign_in, data)
    assertRedirects(response, page, status_code=303, fetch_redirect_response=False)


@pytest.mark.parametrize("active", [True, False])
def test_user_who_is_no_longer_signed_in_signs_in_and_comes_back(client, like, post, active):
    if active:
        client.logout()
    get_user_model().objects.update(is_active=active)
    for page in [f"{POSTS}?q=a", f"{POSTS}{post.pk}/"]:
        response = client.post(like, {"liked": "1", "next": page})
        sign_in = "/fbv/accounts/sign-in/?next=" + page.replace("?", "%3F").replace("=", "%3D")
        assertRedirects(response, sign_in, fetch_redirect_response=False)
    assert not Like.objects.exists()


@pytest.mark.parametrize(
    "page", ["https://evil.example/", "//evil.example", "/\\evil.example", "http://[", "\0", ""]
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_like_leads_to_no_other_site(client, post, like, page, signed_in):
    if not signed_in:
        client.logout()
    location = client.post(like, {"liked": "1", "next": page}).headers["Location"]
    here = f"{POSTS}{post.pk}/"
    assert location == (here if signed_in else f"/fbv/accounts/sign-in/?next={here}")


@pytest.mark.parametrize("data", [{}, {"liked": ""}, {"liked": "2"}, {"liked": "true"}])
def test_anything_but_0_and_1_is_a_bad_request(client, like, data):
    assertContains(client.post(like, data), "<h1>Not understood</h1>", status_code=400)
    assert not Like.objects.exists()


@pytest.mark.parametrize("liked", ["0", "1"])
def test_post_that_is_not_there_is_not_found(client, post, like, liked):
    assert client.post(like, {"liked": liked}).status_code == 303
    post.delete()
    assertContains(client.post(like, {"liked": liked}), "<h1>Not found</h1>", status_code=404)


def test_post_that_is_deleted_meanwhile_is_not_found_either(client, like):
    def delete_before_the_like(execute, sql, *arguments):
        if sql.startswith('INSERT INTO "blog_like"'):
            Post.objects.all().delete()
        return execute(sql, *arguments)

    with connection.execute_wrapper(delete_before_the_like):
        response = client.post(like, {"liked": "1"})
    assertContains(response, "<h1>Not found</h1>", status_code=404)
    assert not Like.objects.exists()


def test_form_from_elsewhere_and_other_methods_are_refused(anna, client, like):
    assert client.get(like).status_code == 405
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(anna)
    assertContains(elsewhere.post(like, {"liked": "1"}), "Not accepted", status_code=403)
    assert not Like.objects.exists()
