"""The pages to reset a password."""

import re

import pytest
from django.contrib.auth import get_user, get_user_model
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

pytestmark = pytest.mark.django_db

User = get_user_model()
SIGN_IN = "/fbv/accounts/sign-in/"
RESET = "/fbv/accounts/password-reset/"
ANNA = {"email": "anna@mublog.example"}


@pytest.fixture
def anna():
    return User.objects.create_user("anna@mublog.example", "correct horse")


@pytest.fixture
def ask(anna, client, settings, run_on_commit, mailoutbox):
    """Requests a link, with a different Host header, and returns the URL in the mail."""

    def ask():
        settings.ALLOWED_HOSTS = ["*"]
        with run_on_commit():
            client.post(RESET, ANNA, headers={"host": "evil.example"})
        return re.search(rf"\nhttp://127.0.0.1:8000({RESET}.*)\n", mailoutbox[-1].body)[1]

    return ask


def test_sign_in_leads_to_the_page_that_asks_for_an_address(client):
    assertContains(client.get(SIGN_IN), f'href="{RESET}"')
    for part in ['<form method="post"', 'name="csrfmiddlewaretoken"', 'for="id_email"']:
        assertContains(client.get(RESET), part)
    assertContains(client.post(RESET), 'id="id_email_error"', status_code=400)


@pytest.mark.parametrize("fields", [None, {}, {"is_active": False}])
def test_response_is_the_same_for_every_address(client, fields):
    if fields is not None:
        User.objects.create_user(ANNA["email"], **fields)
    response = client.post(RESET, ANNA)
    assertRedirects(response, f"{RESET}done/", status_code=303)
    assert not response.cookies


def test_opening_the_link_changes_nothing_and_a_new_password_does(client, ask):
    page, before = ask(), User.objects.values().get()
    response = client.get(page)
    for part in ['<form method="post"', 'name="csrfmiddlewaretoken"']:
        assertContains(response, part)
    assertContains(response, 'autocomplete="new-password"')
    assert "no-store" in response.headers["Cache-Control"]
    assert User.objects.values().get() == before
    response = client.post(page, {"password": "12345678"})
    assertContains(response, 'id="id_password_error"', status_code=400)
    assertNotContains(response, "12345678", status_code=400)

    response = client.post(page, {"password": "battery staple"})
    assertRedirects(response, SIGN_IN, status_code=303, fetch_redirect_response=False)
    assert not get_user(client).is_authenticated
    assertContains(client.get(SIGN_IN), "Your password is changed.")
    for response in [client.get(page), client.post(page, {"password": "another staple"})]:
        assertContains(response, "This link does not work", status_code=400)
    data = {"username": ANNA["email"], "password": "battery staple"}
    assert client.post(SIGN_IN, data).status_code == 303


def test_new_password_ends_all_sessions(client, anna, ask):
    other = Client()
    other.force_login(anna)
    client.post(ask(), {"password": "battery staple"})
    assert not get_user(other).is_authenticated


@pytest.mark.parametrize("uid", ["MQ", "%00", "é", "9" * 5000, "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
@pytest.mark.parametrize("token", ["a", "%00", "%F0%9F%98%80"])
def test_invalid_link_shows_an_error_page(client, uid, token):
    for response in [client.get(f"{RESET}{uid}/{token}/"), client.post(f"{RESET}{uid}/{token}/")]:
        assertContains(response, f'href="{RESET}">a new password', status_code=400)
