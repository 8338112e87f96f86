"""Accounts in GraphQL: signing up, signing in and out, and your own profile."""

import pytest
from django.contrib.auth import get_user, get_user_model
from django.test import Client

from blog.services import publish_post
from tests.factories import PostFactory
from tests.graphql_api.client import ask, refusal, send

pytestmark = pytest.mark.django_db

EMAIL, PASSWORD = "anna@mublog.example", "correct horse"
SIGN_UP = """
    mutation ($email: String!, $password: String!) {
      signUp(email: $email, password: $password) { ok }
    }
"""
SIGN_IN = """
    mutation ($email: String!, $password: String!) {
      signIn(email: $email, password: $password) { me { id email } }
    }
"""
SIGN_OUT = "mutation { signOut { ok } }"
ACTIVATE = """
    mutation ($uid: String!, $token: String!, $password: String) {
      activateAccount(uid: $uid, token: $token, password: $password) { ok }
    }
"""
REQUEST = "mutation ($email: String!) { requestPasswordReset(email: $email) { ok } }"
RESET = """
    mutation ($uid: String!, $token: String!, $password: String!) {
      resetPassword(uid: $uid, token: $token, password: $password) { ok }
    }
"""
ME = "{ me { id name email dateJoined posts(first: 1) { items { text } next } } }"


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"email": "a\0@mublog.example"}, {"email"}),
        ({"email": "\ud83d@mublog.example"}, {"email"}),
        ({"email": "a" * 100_000}, {"email"}),
        ({"password": "secret7"}, {"password"}),
        ({"password": "\ud83dsecret"}, {"password"}),
        ({"email": "", "password": ""}, {"email", "password"}),
    ],
)
def test_wrong_sign_up_is_an_error_by_field_and_repeats_no_password(client, wrong, fields):
    arguments = {"email": EMAIL, "password": PASSWORD} | wrong
    response = send(client, SIGN_UP, **arguments)
    assert (response.status_code, refusal(response)) == (200, ("BAD_USER_INPUT", fields))
    assert "secret" not in response.text
    assert not get_user_model().objects.exists()


def test_sign_up_returns_the_same_response_for_every_address(client, anna):
    fields = ask(client, '{ __type(name: "SignUp") { fields { name } } }')["__type"]["fields"]
    document = SIGN_UP.replace("ok", " ".join(field["name"] for field in fields))
    emails = ["dora@mublog.example", "dora@mublog.example", "ANNA@mublog.example"]
    responses = {send(client, document, email=email, password=PASSWORD).content for email in emails}
    assert len(responses) == 1
    assert get_user_model().objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "berta@mublog.example"},
        {"email": "\0"},
        {"email": "\ud83d"},
        {"password": "wrong"},
        {"password": "\0"},
        {"password": "\ud83d"},
        {"password": "a" * 200_000},
    ],
)
def test_every_wrong_sign_in_is_the_same_error(client, anna, wrong):
    response = send(client, SIGN_IN, **{"email": EMAIL, "password": PASSWORD} | wrong)
    assert refusal(response) == ("BAD_USER_INPUT", set())
    (error,) = response.json()["errors"]
    assert error["message"] == "Enter the e-mail address and the password of your account."
    assert not get_user(client).is_authenticated


def test_user_signs_in_to_a_new_session_and_out(client, anna):
    session = client.session
    session["seen"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    data = ask(client, SIGN_IN, email=EMAIL, password=PASSWORD)
    assert data == {"signIn": {"me": {"id": anna.pk, "email": EMAIL}}}
    assert get_user(client) == anna
    assert client.session.session_key != session.session_key
    for _ in range(2):
        assert ask(client, SIGN_OUT) == {"signOut": {"ok": True}}
    assert not get_user(client).is_authenticated


def test_each_field_of_a_document_sees_the_current_user(client, anna):
    post = publish_post(text="A", author=anna)
    document = """
        mutation ($email: String!, $password: String!, $id: Int!) {
          a: deletePost(id: $id) { id }
          signIn(email: $email, password: $password) { me { id } }
          b: likePost(id: $id) { post { liked } }
        }
    """
    response = send(client, document, email=EMAIL, password=PASSWORD, id=post.pk).json()
    codes = {error["path"][0]: error["extensions"]["code"] for error in response["errors"]}
    assert codes == {"a": "UNAUTHENTICATED"}
    assert response["data"]["b"] == {"post": {"liked": True}}
    document = "mutation { signOut { ok } likePost(id: %d) { post { id } } }"
    response = send(client, document % post.pk)
    assert refusal(response) == ("UNAUTHENTICATED", set())


def test_you_see_yourself_and_your_own_posts(client, anna):
    for text in ["A", "B"]:
        post = publish_post(text=text, author=anna)
    PostFactory()
    client.force_login(anna)
    assert ask(client, ME)["me"] == {
        "id": anna.pk,
        "name": f"Member {anna.pk}",
        "email": EMAIL,
        "dateJoined": anna.date_joined.isoformat(),
        "posts": {"items": [{"text": "B"}], "next": post.pk},
    }
    response = send(client, "{ me { posts(first: 101) { next } } }")
    assert refusal(response) == ("LIMIT_EXCEEDED", set())
    assert response.json()["data"] == {"me": {"posts": None}}
    client.logout()
    response = send(client, ME)
    assert (response.status_code, refusal(response)) == (200, ("UNAUTHENTICATED", set()))
    assert response.json()["data"] == {"me": None}


def test_password_reset_request_returns_the_same_response_for_every_address(client, anna):
    for email in [EMAIL, "berta@mublog.example", "anna", "\0", "\ud83d", "a" * 200_000]:
        assert ask(client, REQUEST, email=email) == {"requestPasswordReset": {"ok": True}}


@pytest.mark.parametrize("part", ["", "x", "\0", "\ud83d", "é", "a" * 200_000])
@pytest.mark.parametrize("document", [ACTIVATE, RESET])
def test_wrong_link_is_an_error(client, document, part):
    for link in [{"uid": part, "token": "x"}, {"uid": "MQ", "token": part}]:
        response = send(client, document, **link, password="a long enough one")
        assert (response.status_code, refusal(response)) == (200, ("BAD_USER_INPUT", set()))


def test_page_from_elsewhere_signs_nobody_in(anna):
    browser = Client(enforce_csrf_checks=True)
    response = send(browser, SIGN_IN, email=EMAIL, password=PASSWORD)
    assert (response.status_code, refusal(response)) == (200, ("FORBIDDEN", set()))
    assert not get_user(browser).is_authenticated
    browser.get("/graphql/", headers={"Accept": "text/html"})
    headers = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    ask(browser, SIGN_IN, headers, email=EMAIL, password=PASSWORD)
    assert get_user(browser) == anna
