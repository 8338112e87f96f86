"""The page on which users see their own data."""

import re
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from blog.models import Post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db

PROFILE = "/fbv/accounts/profile/"
SIGN_IN = f"/fbv/accounts/sign-in/?next={PROFILE}"
User = get_user_model()


@pytest.fixture
def anna():
    return User.objects.create_user("anna@mublog.example", "correct horse")


@pytest.fixture
def berta():
    return User.objects.create_user("berta@mublog.example")


def test_visitor_signs_in_first_and_comes_back(client, anna):
    response = client.get(PROFILE)
    assertRedirects(response, SIGN_IN)
    assertNotContains(client.get("/fbv/posts/"), PROFILE)
    data = {"username": "anna@mublog.example", "password": "correct horse"}
    assertRedirects(client.post(SIGN_IN, data), PROFILE, status_code=303)


def test_user_deactivated_while_signed_in_becomes_a_visitor(client, anna):
    client.force_login(anna)
    User.objects.update(is_active=False)
    assertRedirects(client.get(PROFILE), SIGN_IN)


def test_profile_shows_only_the_users_own_address_and_posts(client, anna, berta):
    own, *_ = PostFactory(author=anna), PostFactory(author=berta), PostFactory()
    client.force_login(anna)
    assertContains(client.get("/fbv/posts/"), f'href="{PROFILE}">{anna.name}</a>')
    response = client.get(PROFILE)
    assert list(response.context["posts"]) == [own]
    assertContains(response, "anna@mublog.example")
    assertNotContains(response, "berta")
    assert "private" in response.headers["Cache-Control"]


def test_pages_show_every_post_once_newest_first(client, anna, berta):
    client.force_login(anna)
    posts = [PostFactory(author=author) for _ in range(21) for author in [anna, berta]][::2]
    response = client.get(PROFILE)
    assert list(response.context["posts"]) == posts[:0:-1]
    link = re.search(r'href="([^"]*)" rel="next"', response.text)[1]
    response = client.get(PROFILE + unescape(link))
    assert list(response.context["posts"]) == posts[:1]


def test_profile_without_posts_says_so(client, anna):
    client.force_login(anna)
    assertContains(client.get(PROFILE), "You have published nothing yet.")
    assertContains(client.get(f"{PROFILE}?before=1"), "You have no older posts.")


def test_profile_takes_two_queries_however_many_posts(client, anna, django_assert_num_queries):
    client.force_login(anna)
    for count in [0, 1, 30]:
        PostFactory.create_batch(count, author=anna)
        with django_assert_num_queries(2):  # The user, the posts.
            client.get(PROFILE)


def test_posts_of_a_user_are_found_by_an_index_and_nothing_is_sorted(explain):
    post = Post.objects.last()
    plan = explain(Post.objects.written_by(post.author).before(post.pk).newest())
    assert "Index Scan using post_author_newest" in plan
    assert f"Index Cond: ((author_id = {post.author_id}) AND (id < {post.pk}))" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("before", ["x", "-1", "%00", "9" * 20])
def test_malformed_before_is_a_bad_request(client, anna, before):
    client.force_login(anna)
    assert client.get(f"{PROFILE}?before={before}").status_code == 400


def test_other_methods_are_refused(client):
    assert client.post(PROFILE).status_code == 405
