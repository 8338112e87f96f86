"""Errors of the API outside the views: JSON too."""

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from pytest_django.asserts import assertContains
from rest_framework.test import APIClient

from config.charset import UNSUPPORTED


@pytest.mark.parametrize(
    "page",
    ["", "nowhere/", "users/", "posts", "posts/1", "posts/abc/", "posts/-1/", "posts/1.5/"]
    + ["posts/%00/", "posts/١/", f"posts/{'9' * 5000}/"],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_address_is_not_found(client, api, page, method):
    response = getattr(client, method)(f"{api}{page}")
    assert response.status_code == 404
    assert response.json() == {"detail": "There is nothing at this URL."}


def test_unknown_address_wants_no_csrf_token(api):
    response = APIClient(enforce_csrf_checks=True).post(f"{api}nowhere/")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/json")


def test_request_for_another_host_is_a_bad_request(client, api):
    response = client.get(f"{api}posts/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert response.json() == {"detail": "Bad request: the server cannot read it."}


@pytest.mark.parametrize("excess", [1, 4_000_000])
@pytest.mark.parametrize(
    ("content_type", "limit"),
    [
        ("application/json", 256 * 1024),
        ("text/plain", 256 * 1024),
        ("multipart/form-data; boundary=x", 6 * 1024**2),
    ],
)
def test_body_that_is_too_large_is_refused_as_such(client, api, excess, content_type, limit):
    body = b"{".ljust(limit + excess, b" ")
    response = client.post(f"{api}posts/", body, content_type=content_type)
    assert response.status_code == 413
    assert response.json() == {"detail": "This request is too large. Nothing was stored."}


def test_form_with_a_large_text_field_is_too_large(client):
    response = client.post("/fbv/posts/new/", {"text": "a" * 300_000}, format="multipart")
    assertContains(response, "<h1>Too large</h1>", status_code=413)


def test_errors_of_pages_are_still_pages(client):
    for host, page, status in [
        ("evil.example", "/fbv/posts/", 400),
        ("testserver", "/fbv/nowhere/", 404),
        ("testserver", "/apiary/", 404),
    ]:
        response = client.get(page, headers={"host": host})
        assertContains(response, "<h1>", status_code=status)


def test_unexpected_error_is_a_500_in_json_and_as_a_page(client, api, anna, monkeypatch):
    def load(session):
        raise ValueError("a secret")

    client.force_login(anna)
    client.raise_request_exception = False
    monkeypatch.setattr(SessionStore, "load", load)
    response = client.get(f"{api}posts/")
    assert response.status_code == 500
    assert response.json() == {"detail": "Something went wrong on our side."}
    assertContains(client.get("/fbv/posts/"), "<h1>Something went wrong</h1>", status_code=500)


def test_other_charset_is_refused_in_json(client):
    response = client.get("/api/fbv/posts/", content_type=UNSUPPORTED)
    assert response.status_code == 415
    assert response.json() == {"detail": "This site accepts only UTF-8."}
