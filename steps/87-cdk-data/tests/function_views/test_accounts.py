"""Signing in and out, and how the pages change for signed-in users."""

import pytest
from django.contrib.auth import get_user, get_user_model
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

pytestmark = pytest.mark.django_db

POSTS = "/fbv/posts/"
SIGN_IN = "/fbv/accounts/sign-in/"
SIGN_OUT = "/fbv/accounts/sign-out/"
ANNA = {"username": "anna@mublog.example", "password": "correct horse"}


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


def test_every_page_of_a_visitor_leads_to_a_form_that_a_browser_can_fill_in(client):
    assertContains(client.get(POSTS), f'href="{SIGN_IN}"')
    response = client.get(SIGN_IN)
    for part in ['<form method="post"', 'name="csrfmiddlewaretoken"']:
        assertContains(response, part)
    assertContains(response, '<label class="form-label" for="id_username">E-mail address</label>')
    assertContains(response, 'autocomplete="email"')
    assertContains(response, 'autocomplete="current-password"')


@pytest.mark.parametrize("email", ["anna@mublog.example", " ANNA@mublog.example "])
def test_user_signs_in_with_the_address_in_any_case(client, anna, email):
    response = client.post(SIGN_IN, ANNA | {"username": email})
    assertRedirects(response, POSTS, status_code=303, fetch_redirect_response=False)
    assert get_user(client) == anna
    response = client.get(POSTS)
    assertContains(response, "You are signed in.")
    assertContains(response, f"Member {anna.pk}</a>")
    assertNotContains(response, SIGN_IN)


def test_session_gets_another_key_with_the_sign_in(client, anna):
    session = client.session
    session["seen"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    client.post(SIGN_IN, ANNA)
    assert get_user(client) == anna
    assert client.session.session_key != session.session_key


@pytest.mark.parametrize("wrong", [{"username": "berta@mublog.example"}, {"password": "wrong"}])
def test_wrong_address_and_wrong_password_are_one_and_the_same_error(client, anna, wrong):
    response = client.post(SIGN_IN, ANNA | wrong)
    assertContains(response, "of your account", status_code=400)
    assertNotContains(response, "horse", status_code=400)
    assert not get_user(client).is_authenticated


def test_inactive_account_is_the_same_error_too(client, anna):
    get_user_model().objects.update(is_active=False)
    assertContains(client.post(SIGN_IN, ANNA), "of your account", status_code=400)


@pytest.mark.parametrize(
    "data", [{}, {"username": "anna", "password": "a"}, {"username": "a\0@b.c"}]
)
def test_invalid_input_is_an_error_beside_its_field(client, data):
    assertContains(client.post(SIGN_IN, data), 'id="id_username_error"', status_code=400)


@pytest.mark.parametrize("page", ["/fbv/posts/new/", "/fbv/posts/?q=a", "http://testserver/admin/"])
def test_sign_in_leads_on_to_a_page_of_this_site(client, anna, page):
    assertContains(client.get(SIGN_IN, {"next": page}), "Sign in")
    response = client.post(SIGN_IN, ANNA, query_params={"next": page})
    assertRedirects(response, page, status_code=303, fetch_redirect_response=False)
    # A signed-in user is redirected at once.
    response = client.get(SIGN_IN, {"next": page})
    assertRedirects(response, page, status_code=303, fetch_redirect_response=False)


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "\0",
        " ",
    ],
)
def test_sign_in_leads_to_no_other_site(client, anna, page):
    response = client.post(SIGN_IN, ANNA, query_params={"next": page})
    assertRedirects(response, POSTS, status_code=303, fetch_redirect_response=False)


@pytest.mark.parametrize(("page", "landing"), [("/admin/", "/admin/"), ("//evil.example", POSTS)])
def test_next_in_the_form_comes_before_next_in_the_url(client, anna, page, landing):
    response = client.post(SIGN_IN, ANNA | {"next": page}, query_params={"next": "/fbv/posts/new/"})
    assertRedirects(response, landing, status_code=303, fetch_redirect_response=False)


def test_user_signs_out_by_post_alone(client, anna):
    client.force_login(anna)
    assert client.get(SIGN_OUT).status_code == 405
    assertContains(client.get(POSTS), 'name="csrfmiddlewaretoken"')
    assert get_user(client) == anna
    response = client.post(SIGN_OUT)
    assertRedirects(response, POSTS, status_code=303, fetch_redirect_response=False)
    assert not get_user(client).is_authenticated
    assertContains(client.get(POSTS), "You are signed out.")


@pytest.mark.parametrize("address", [SIGN_IN, SIGN_OUT])
def test_form_from_elsewhere_signs_nobody_in_or_out(anna, address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(address, ANNA).status_code == 403
    assert get_user(client) == anna


def test_signed_in_list_takes_one_query_more_and_no_second(client, anna, django_assert_num_queries):
    client.force_login(anna)
    with django_assert_num_queries(2):  # The user, the posts.
        client.get(POSTS)
