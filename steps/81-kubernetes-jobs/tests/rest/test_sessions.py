"""Signing in and out by session, with the CSRF token, and the signed-in user."""

import pytest
from django.contrib.auth import get_user, get_user_model

from tests.factories import PostFactory
from tests.rest.conftest import Client

pytestmark = pytest.mark.django_db

ANNA = {"email": "anna@mublog.example", "password": "correct horse"}


@pytest.fixture
def csrf_client():
    """A client that enforces CSRF checks."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def session(api):
    return f"{api}accounts/session/"


def csrf(csrf_client, session):
    """Return the header with the CSRF token."""
    response = csrf_client.get(session)
    assert "no-store" in response.headers["Cache-Control"]
    return {"X-CSRFToken": response.json()["csrf_token"]}


@pytest.mark.parametrize("email", ["anna@mublog.example", " ANNA@mublog.example"])
def test_user_signs_in_and_out(csrf_client, session, anna, api, email):
    response = csrf_client.post(
        session, ANNA | {"email": email}, headers=csrf(csrf_client, session)
    )
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["email"]) == (anna.pk, anna.email)
    assert get_user(csrf_client) == anna
    response = csrf_client.post(
        f"{api}posts/", {"text": "Mine"}, headers=csrf(csrf_client, session)
    )
    assert response.json()["author"]["id"] == anna.pk
    response = csrf_client.delete(session, headers=csrf(csrf_client, session))
    assert (response.status_code, response.content) == (204, b"")
    assert not get_user(csrf_client).is_authenticated
    assert csrf_client.delete(session, headers=csrf(csrf_client, session)).status_code == 204


def test_session_gets_another_key_and_another_csrf_token_with_the_sign_in(
    csrf_client, session, anna
):
    csrf_client.get(session)
    before = csrf_client.session.session_key, csrf_client.cookies["csrftoken"].value
    csrf_client.post(session, ANNA, headers=csrf(csrf_client, session))
    after = csrf_client.session.session_key, csrf_client.cookies["csrftoken"].value
    assert after[0] != before[0] and after[1] != before[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody@mublog.example"},
        {"password": "wrong"},
        {"password": "correct horse "},
    ],
)
def test_every_failed_sign_in_is_the_same_error(client, session, anna, wrong):
    expected = {"detail": "Enter the e-mail address and the password of your account."}
    response = client.post(session, ANNA | wrong)
    assert (response.status_code, response.json()) == (400, expected)
    get_user_model().objects.update(is_active=False)
    response = client.post(session, ANNA)
    assert (response.status_code, response.json()) == (400, expected)
    assert not get_user(client).is_authenticated


@pytest.mark.parametrize("sent", [{"id": 1}, {"user": 1, "is_staff": True}, {"email": 1}])
def test_malformed_credentials_sign_nobody_in(client, session, anna, sent):
    response = client.post(session, sent | {"_auth_user_id": str(anna.pk)})
    assert response.status_code == 400
    assert not get_user(client).is_authenticated


def test_other_site_signs_nobody_in_or_out(csrf_client, session, anna):
    assert csrf_client.post(session, ANNA).status_code == 403
    assert csrf_client.post(session, ANNA, headers={"X-CSRFToken": "t" * 32}).status_code == 403
    assert not get_user(csrf_client).is_authenticated
    csrf_client.force_login(anna)
    response = csrf_client.delete(session)
    assert (response.status_code, response.json().keys()) == (403, {"detail"})
    assert get_user(csrf_client) == anna


def test_users_see_themselves_and_their_posts(as_anna, api, anna, berta):
    mine = PostFactory.create_batch(21, author=anna)
    PostFactory(author=berta)
    shown = as_anna.get(f"{api}accounts/me/").json()
    assert shown.keys() == {"id", "name", "email", "date_joined"}
    assert (shown["id"], shown["name"], shown["email"]) == (anna.pk, anna.name, anna.email)
    page = as_anna.get(f"{api}accounts/me/posts/").json()
    assert [post["id"] for post in page["results"]] == [post.pk for post in mine[:0:-1]]
    page = as_anna.get(f"{api}accounts/me/posts/?before={page['next']}").json()
    assert ([post["id"] for post in page["results"]], page["next"]) == ([mine[0].pk], None)
    assert as_anna.get(f"{api}accounts/me/posts/?before=x").status_code == 400


@pytest.mark.parametrize("page", ["me/", "me/posts/", "session/"])
def test_no_cache_stores_what_is_meant_for_one_user(client, as_anna, api, page):
    for user in [client, as_anna]:
        header = user.get(f"{api}accounts/{page}").headers["Cache-Control"]
        assert {"private", "no-store"} <= set(header.split(", "))


def test_nobody_else_sees_anything_of_users(client, api, as_anna):
    for page in ["me/", "me/posts/"]:
        response = client.get(f"{api}accounts/{page}")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Token")
    assert as_anna.get(f"{api}accounts/").status_code == 405
    assert as_anna.get(f"{api}accounts/1/").status_code == 404
