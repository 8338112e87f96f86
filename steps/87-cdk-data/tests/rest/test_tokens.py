"""Tokens: how a program acts for a user."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Token
from accounts.services import create_token
from blog.models import Post
from tests.factories import PostFactory
from tests.rest.conftest import Client

pytestmark = pytest.mark.django_db

ANNA = {"email": "anna@mublog.example", "password": "correct horse"}


@pytest.fixture
def csrf_client():
    """A client that enforces CSRF checks, if there are any."""
    return Client(enforce_csrf_checks=True)


def auth_header(key):
    return {"Authorization": f"Token {key}"}


def test_token_stands_for_its_user_until_it_is_revoked(csrf_client, api, anna, settings):
    response = csrf_client.post(f"{api}token/", ANNA)
    assert response.status_code == 201
    assert "no-store" in response.headers["Cache-Control"]
    key, expires_at = response.json()["token"], parse_datetime(response.json()["expires_at"])
    assert abs(expires_at - timezone.now() - settings.TOKEN_LIFETIME) < timedelta(minutes=1)
    _, other = create_token(user=anna)
    response = csrf_client.post(f"{api}posts/", {"text": "Mine"}, headers=auth_header(key))
    assert response.json()["author"]["id"] == anna.pk
    response = csrf_client.delete(f"{api}token/", headers=auth_header(key))
    assert (response.status_code, response.content) == (204, b"")
    assert csrf_client.get(f"{api}accounts/me/", headers=auth_header(key)).status_code == 401
    assert csrf_client.get(f"{api}accounts/me/", headers=auth_header(other)).status_code == 200
    assert not csrf_client.cookies


def test_token_wins_over_a_session(as_anna, api, berta):
    response = as_anna.get(f"{api}accounts/me/", headers=auth_header(create_token(user=berta)[1]))
    assert response.json()["id"] == berta.pk


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"email": "nobody@mublog.example"}, {"password": None}]
)
def test_wrong_password_makes_no_token(client, api, anna, wrong):
    assert client.post(f"{api}token/", ANNA | wrong).status_code == 400
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "header",
    ["Token", "Token x", "Token a b", "Token \xff", "Token " + "a" * 9000, "token " + "0" * 64],
)
def test_wrong_token_is_refused_even_where_none_is_needed(client, api, header):
    for method, page in [("get", "posts/"), ("post", "posts/"), ("delete", "token/")]:
        response = getattr(client, method)(
            f"{api}{page}", {"text": "A"} if method == "post" else None, HTTP_AUTHORIZATION=header
        )
        assert (response.status_code, response.json().keys()) == (401, {"detail"})
        assert response.headers["WWW-Authenticate"] == "Token"
    assert not Post.objects.exists()


def test_token_that_is_too_old_or_whose_user_is_locked_out_is_refused(client, api, anna):
    _, key = create_token(user=anna)
    get_user_model().objects.update(is_active=False)
    assert client.get(f"{api}accounts/me/", headers=auth_header(key)).status_code == 401
    get_user_model().objects.update(is_active=True)
    assert client.get(f"{api}accounts/me/", headers=auth_header(key)).status_code == 200
    Token.objects.update(expires_at=timezone.now())
    assert client.get(f"{api}accounts/me/", headers=auth_header(key)).status_code == 401


def test_revoking_needs_a_token_and_not_a_session(client, api, as_anna):
    for somebody in [client, as_anna]:
        response = somebody.delete(f"{api}token/")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Token")


def test_list_takes_one_query_for_token_and_user(client, api, anna, django_assert_num_queries):
    PostFactory(author=anna)
    headers = auth_header(create_token(user=anna)[1])
    with django_assert_num_queries(3):  # And two for the posts, and your likes.
        client.get(f"{api}posts/", headers=headers)
