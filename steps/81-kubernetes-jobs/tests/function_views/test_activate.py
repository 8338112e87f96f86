"""The page that an activation link opens."""

import re

import pytest
from django.contrib.auth import get_user, get_user_model
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.services import sign_up

pytestmark = pytest.mark.django_db

User = get_user_model()
SIGN_IN = "/fbv/accounts/sign-in/"


@pytest.fixture
def link(run_on_commit, mailoutbox):
    """Signs up, and returns the URL in the mail."""

    def link():
        with run_on_commit():
            sign_up(email="anna@mublog.example", password="correct horse")
        return re.search(r"\nhttp://127.0.0.1:8000(/fbv/accounts/.*)\n", mailoutbox[-1].body)[1]

    return link


def test_opening_the_link_changes_nothing_and_confirming_it_does(client, link):
    page, before = link(), User.objects.values().get()
    for response in [client.get(page), client.head(page)]:
        assert response.status_code == 200
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in response.headers["Cache-Control"]
    for part in ['<form method="post"', 'name="csrfmiddlewaretoken"']:
        assertContains(client.get(page), part)
    assertNotContains(client.get(page), 'name="password"')
    assert User.objects.values().get() == before

    assertRedirects(client.post(page), SIGN_IN, status_code=303, fetch_redirect_response=False)
    assert User.objects.get().is_active
    assert not get_user(client).is_authenticated
    assertContains(client.get(SIGN_IN), "Your account is active.")
    for response in [client.get(page), client.post(page)]:
        assertContains(response, '<h1 class="mb-3">This link does not work</h1>', status_code=400)


def test_user_who_signed_up_twice_is_asked_for_a_password(client, link):
    link()
    page = link()
    assertContains(client.get(page), 'autocomplete="new-password"')
    assertContains(client.post(page), 'id="id_password_error"', status_code=400)
    response = client.post(page, {"password": "12345678"})
    assertContains(response, "too common", status_code=400)
    assertNotContains(response, "12345678", status_code=400)
    assert not User.objects.get().is_active
    client.post(page, {"password": "battery staple"})
    data = {"username": "anna@mublog.example", "password": "battery staple"}
    assert client.post(SIGN_IN, data).status_code == 303


@pytest.mark.parametrize(
    "uid", ["MQ", "%00", "é", "=", "9" * 5000, "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
@pytest.mark.parametrize("token", ["a", "%00", "0-0", "%F0%9F%98%80", "set-password"])
def test_invalid_link_shows_an_error_page(client, uid, token):
    page = f"/fbv/accounts/activate/{uid}/{token}/"
    for response in [client.get(page), client.post(page)]:
        assertContains(response, "sign up</a> again", status_code=400)


def test_other_methods_are_refused(client, link):
    assert client.put(link()).status_code == 405
