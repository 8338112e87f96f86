"""What the like button's script sends, and what the page provides for it."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from blog.models import Like, Post
from blog.services import like_post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db

POSTS = "/fbv/posts/"


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example")


@pytest.fixture
def client(anna):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    return client


@pytest.fixture
def post():
    """A post that another user likes already."""
    post = PostFactory()
    like_post(post=post, user=get_user_model().objects.create_user("berta@mublog.example"))
    return post


@pytest.fixture
def like(post):
    return f"{POSTS}{post.pk}/like/"


@pytest.fixture
def csrf_header(client, post, like):
    """The header that a script reads from the form on the page."""
    form = re.escape(f'action="{like}">')
    token = 'name="csrfmiddlewaretoken" value="([^"]+)"'
    page = client.get(f"{POSTS}{post.pk}/").text
    return {"X-CSRFToken": re.search(rf"{form}\s*<input [^>]*{token}", page)[1]}


@pytest.mark.parametrize(
    ("method", "expected"),
    [("put", {"liked": True, "likes": 2}), ("delete", {"liked": False, "likes": 1})],
)
def test_put_likes_and_delete_unlikes_and_both_return_the_new_state(
    client, anna, post, like, csrf_header, method, expected
):
    if method == "delete":
        like_post(post=post, user=anna)
    for _ in range(2):
        response = getattr(client, method)(like, headers=csrf_header)
        assert (response.status_code, response.json()) == (200, expected)
        assert Like.objects.count() == expected["likes"]


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("active", [True, False])
def test_user_who_is_no_longer_signed_in_is_told_so(
    client, like, csrf_header, method, active, settings
):
    get_user_model().objects.update(is_active=active)
    if active:
        del client.cookies[settings.SESSION_COOKIE_NAME]
    response = getattr(client, method)(like, headers=csrf_header)
    assert (response.status_code, response.json()) == (401, {"detail": "Sign in to like a post."})
    assert Like.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "delete"])
def test_request_without_the_csrf_token_of_the_form_is_refused(
    client, anna, post, like, csrf_header, method
):
    like_post(post=post, user=anna)
    assertContains(getattr(client, method)(like), "Not accepted", status_code=403)
    assert Like.objects.count() == 2
    assert getattr(client, method)(like, headers=csrf_header).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("look", [1, 2])
def test_post_that_is_gone_or_deleted_meanwhile_is_a_404(client, like, csrf_header, method, look):
    looks = iter(range(1, 9))

    def delete_before_a_look(execute, sql, *arguments):
        if sql.startswith("SELECT") and 'FROM "blog_post"' in sql and next(looks) == look:
            Post.objects.all().delete()
        return execute(sql, *arguments)

    assert client.put(like, headers=csrf_header).status_code == 200
    with connection.execute_wrapper(delete_before_a_look):
        response = getattr(client, method)(like, headers=csrf_header)
    assertContains(response, "<h1>Not found</h1>", status_code=404)


def test_other_methods_get_405_with_the_allowed_ones(client, like, csrf_header):
    response = client.patch(like, headers=csrf_header)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST, PUT, DELETE")


def test_page_gives_the_script_what_it_shows_and_where_one_signs_in(client, anna, post):
    like_post(post=post, user=anna)
    response = client.get(f"{POSTS}?q=Post+n")
    back = f"/fbv/posts/%3Fq%3DPost%2Bn%23post-{post.pk}"
    sign_in = f'data-sign-in="/fbv/accounts/sign-in/?next={back}"'
    assertContains(response, f'<div data-likes="2" {sign_in}>')
    assertContains(response, 'name="liked" value="0"')


def test_page_loads_the_script_after_what_it_needs_and_for_those_who_have_a_button(client, post):
    response = client.get(POSTS)
    scripts = re.findall(
        r'<script src="/static/([^"]+)" defer nonce="[^"]+"></script>', response.text
    )
    assert scripts == ["vendor/vue.runtime.global.prod.js", "vendor/axios.min.js", "like.js"]
    assert all(finders.find(script) for script in scripts)
    assertNotContains(Client().get(POSTS), " defer")


def test_no_page_holds_a_script_and_no_file_makes_one_of_a_text(client, post):
    page = client.get(POSTS).text
    assert not re.search(r"<script(?! src=)|\son\w+=|javascript:", page)
    scripts = re.findall(r'src="/static/([^"]+\.js)"', page)
    assert len(scripts) == 4
    for script in scripts:
        with open(finders.find(script), encoding="utf-8") as file:
            assert not re.search(r"\beval\(|\bFunction\(", file.read())
