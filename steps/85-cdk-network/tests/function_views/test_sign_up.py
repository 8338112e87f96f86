"""The page to sign up."""

import pytest
from django.contrib.auth import get_user, get_user_model
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

pytestmark = pytest.mark.django_db

User = get_user_model()
SIGN_UP = "/fbv/accounts/sign-up/"
DONE = "/fbv/accounts/sign-up/done/"
ANNA = {"email": "anna@mublog.example", "password": "correct horse"}


def test_every_page_of_a_visitor_leads_to_a_form_that_a_browser_can_fill_in(client):
    assertContains(client.get("/fbv/posts/"), f'href="{SIGN_UP}"')
    response = client.get(SIGN_UP)
    for part in ['<form method="post"', 'name="csrfmiddlewaretoken"']:
        assertContains(response, part)
    for part in ['for="id_email"', 'for="id_password"', 'autocomplete="new-password"']:
        assertContains(response, part)
    assertNotContains(response, "invalid-feedback")


@pytest.mark.parametrize(
    "fields", [None, {"is_active": False, "awaits_activation": True}, {"is_active": True}]
)
def test_response_is_the_same_whatever_the_address_is(client, run_on_commit, mailoutbox, fields):
    if fields:
        User.objects.create_user(ANNA["email"], **fields)
    with run_on_commit():
        response = client.post(SIGN_UP, ANNA)
    assertRedirects(response, DONE, status_code=303)
    assert not response.cookies
    assert not get_user(client).is_authenticated
    assert len(mailoutbox) == 1


def test_wrong_input_is_an_error_beside_its_field_and_no_password_comes_back(client):
    response = client.post(SIGN_UP, {"email": "anna", "password": "correct horse"})
    assertContains(response, 'id="id_email_error"', status_code=400)
    response = client.post(SIGN_UP, ANNA | {"password": "12345678"})
    assertContains(response, 'id="id_password_error"', status_code=400)
    assertContains(response, "too common", status_code=400)
    assertNotContains(response, "12345678", status_code=400)
    assert client.post(SIGN_UP, ANNA | {"password": "a\0" * 9}).status_code == 400
    assert not User.objects.exists()


def test_link_in_the_mail_leads_to_the_site_whatever_host_was_asked(
    client, settings, run_on_commit, mailoutbox
):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://mublog.example", ["*"]
    User.objects.create_user(ANNA["email"])
    with run_on_commit():
        client.post(SIGN_UP, ANNA, headers={"host": "evil.example"})
    assert "\nhttps://mublog.example/fbv/accounts/sign-in/\n" in mailoutbox[0].body
    assert "evil" not in mailoutbox[0].message().as_string()


def test_signed_in_user_is_redirected(client):
    client.force_login(User.objects.create_user("anna@mublog.example"))
    assertRedirects(client.get(SIGN_UP), "/fbv/posts/", status_code=303)


@pytest.mark.parametrize("email", ["a\0@b.example", "😀@mublog.example", "a" * 100_000])
def test_strange_and_large_input_is_an_error_and_what_is_too_large_is_not_read(client, email):
    response = client.post(SIGN_UP, ANNA | {"email": email})
    assertContains(response, 'id="id_email_error"', status_code=400)
    response = client.post(SIGN_UP, ANNA | {"email": email.ljust(10_000_000, "a")})
    assertContains(response, "<h1>Too large</h1>", status_code=413)
