"""Accounts as JSON: sign-up, activation, password reset."""

import re

import pytest
from django.contrib.auth import get_user_model

from accounts.services import request_password_reset, sign_up

pytestmark = pytest.mark.django_db

CLARA = {"email": "clara@mublog.example", "password": "correct horse"}
PAGES = ["", "activate/", "password-reset/", "password-reset/confirm/"]


@pytest.fixture
def link(mailoutbox):
    """Returns the two parts of the link in the latest mail."""

    def parts():
        uid, token = re.search(r"/([^/\s]+)/([^/\s]+)/\s", mailoutbox[-1].body).groups()
        return {"uid": uid, "token": token}

    return parts


def user(email=CLARA["email"]):
    return get_user_model().objects.get(email=email)


def test_visitor_signs_up_and_activates_the_account_by_the_link(client, api, run_on_commit, link):
    with run_on_commit():
        response = client.post(f"{api}accounts/", CLARA)
    assert (response.status_code, response.json().keys()) == (202, {"detail"})
    assert not user().is_active
    response = client.post(f"{api}accounts/activate/", link())
    assert (response.status_code, response.content) == (204, b"")
    assert user().is_active and user().check_password("correct horse")
    response = client.post(f"{api}accounts/activate/", link())
    assert (response.status_code, response.json().keys()) == (400, {"detail"})


def test_sign_up_returns_the_same_response_for_each_address(
    client, api, run_on_commit, anna, mailoutbox
):
    sign_up(email="dora@mublog.example", password="correct horse")
    responses = set()
    for email in [CLARA["email"], "dora@mublog.example", "ANNA@mublog.example"]:
        with run_on_commit():
            response = client.post(f"{api}accounts/", CLARA | {"email": email})
        responses.add((response.status_code, response.content))
    assert len(responses) == 1
    assert len(mailoutbox) == 4  # One is of the sign-up before.


def test_account_with_two_sign_ups_gets_its_password_with_the_link(
    client, api, run_on_commit, link
):
    for _ in range(2):
        with run_on_commit():
            client.post(f"{api}accounts/", CLARA)
    response = client.post(f"{api}accounts/activate/", link())
    assert (response.status_code, response.json().keys()) == (400, {"password"})
    response = client.post(f"{api}accounts/activate/", link() | {"password": " battery staple "})
    assert response.status_code == 204
    assert user().check_password(" battery staple ")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "anna"}, "email"),
        ({"email": "a\0@b.example"}, "email"),
        ({"email": "a" * 300 + "@b.example"}, "email"),
        ({"email": 5}, "email"),
        ({"email": None}, "email"),
        ({"password": ""}, "password"),
        ({"password": "12345678"}, "password"),
        ({"password": "clara@mublog"}, "password"),
        ({"password": 1234567890123}, "password"),
        ({"password": ["correct horse"]}, "password"),
    ],
)
def test_wrong_sign_up_is_an_error_by_field_that_echoes_nothing(client, api, wrong, field):
    response = client.post(f"{api}accounts/", CLARA | wrong)
    assert (response.status_code, response.json().keys()) == (400, {field})
    assert CLARA["password"] not in response.text and "12345678" not in response.text
    assert not get_user_model().objects.exists()


def test_password_is_reset_by_the_link(client, api, run_on_commit, link, anna, mailoutbox):
    responses = set()
    for email in [anna.email, "nobody@mublog.example"]:
        with run_on_commit():
            response = client.post(f"{api}accounts/password-reset/", {"email": email})
        responses.add((response.status_code, response.content))
    assert {status for status, _ in responses} == {202} and len(responses) == 1
    assert len(mailoutbox) == 1
    address = f"{api}accounts/password-reset/confirm/"
    response = client.post(address, link() | {"password": "12345678"})
    assert (response.status_code, response.json().keys()) == (400, {"password"})
    response = client.post(address, link() | {"password": "battery staple"})
    assert (response.status_code, response.content) == (204, b"")
    assert user(anna.email).check_password("battery staple")
    response = client.post(address, link() | {"password": "another staple"})
    assert (response.status_code, response.json().keys()) == (400, {"detail"})


@pytest.mark.parametrize("uid", ["", "x", "MQ", "\0", "😀", "a" * 9000, 1, None])
@pytest.mark.parametrize("page", ["activate/", "password-reset/confirm/"])
def test_wrong_link_changes_nothing(client, api, anna, page, uid):
    for sent in [{"uid": uid, "token": "x"}, {"uid": "MQ", "token": uid}]:
        response = client.post(f"{api}accounts/{page}", sent | {"password": "battery staple"})
        assert response.status_code == 400
    assert user(anna.email).check_password("correct horse")


def test_link_of_one_kind_is_invalid_as_the_other(client, api, run_on_commit, link, anna):
    with run_on_commit():
        request_password_reset(email=anna.email)
    assert client.post(f"{api}accounts/activate/", link()).status_code == 400


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("body", ["[]", "5", "null", "{", '"a"', '{"email": {}}', ""])
def test_odd_body_is_a_bad_request(client, api, page, body):
    response = client.post(f"{api}accounts/{page}", body, content_type="application/json")
    assert response.status_code == 400
    response = client.post(f"{api}accounts/{page}", {"a": "b"}, format="multipart")
    assert response.status_code == 415


@pytest.mark.parametrize("page", PAGES)
def test_other_methods_are_refused(client, api, page):
    for method in ["get", "put", "patch", "delete"]:
        assert getattr(client, method)(f"{api}accounts/{page}").status_code == 405
