"""Headers and cookies: what the site tells browsers about itself, in development and production."""

import json
import os
import runpy
import subprocess
import sys
from unittest import mock

import pytest
from django.test import Client

from tests.pictures import draw, upload

# The environment of a deploy behind a proxy that ends HTTPS.
PRODUCTION = {
    "SECRET_KEY": "never-used-to-sign-anything-but-long-enough-for-Django",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "mublog.example",
    "SITE_URL": "https://mublog.example",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "DEFAULT_FROM_EMAIL": "post@mublog.example",
    "TRUSTED_PROXIES": "1",
    "SECURE_SSL_REDIRECT": "",
    "SECURE_HSTS_SECONDS": "31536000",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": "true",
}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}
ORIGINS = {"https://mublog.example": 303, "https://evil.example": 403, "null": 403}
FORM = "application/x-www-form-urlencoded"
RESPONSES = {
    "a redirect": (302, "get", "/"),
    "a page": (200, "get", "/fbv/posts/"),
    "a page of class views": (200, "get", "/cbv/posts/"),
    "the page of a mailed link": (400, "get", "/fbv/accounts/activate/MQ/token/"),
    "the admin": (200, "get", "/admin/login/"),
    "REST": (200, "get", "/api/fbv/posts/"),
    "Swagger UI": (200, "get", "/api/docs/"),
    "GraphQL": (200, "get", "/graphql/?query={__typename}"),
    "an unknown URL": (404, "get", "/nowhere/"),
    "an unknown URL of the API": (404, "get", "/api/nowhere/"),
    "a body that is too large": (413, "post", "/fbv/posts/new/", "a" * 300_000, FORM),
}


@pytest.fixture
def deploy(settings):
    """Makes the settings those of production. Clients made before do not notice."""

    def deploy(**variables):
        with mock.patch.dict(os.environ, PRODUCTION | variables):
            values = runpy.run_path(settings.BASE_DIR / "config/settings.py")
        for name, value in values.items():
            if name.startswith(("ALLOWED_", "CSRF_", "SECURE_", "SESSION_COOKIE_")):
                setattr(settings, name, value)
        return Client(SERVER_NAME="mublog.example")

    return deploy


@pytest.mark.parametrize("expected", RESPONSES.values(), ids=RESPONSES)
def test_every_response_has_the_headers(client, db, expected):
    status, method, *arguments = expected
    response = getattr(client, method)(*arguments)
    assert response.status_code == status
    for name, value in EVERYWHERE.items():
        assert (name, response.headers.get(name)) == (name, value)


def test_response_to_a_failure_has_the_headers_too(client, monkeypatch):
    monkeypatch.setattr("config.views.redirect", lambda name: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert EVERYWHERE.items() <= response.headers.items()


def test_deployment_check_finds_nothing(settings):
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=os.environ | PRODUCTION,
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    assert result.stdout == "System check identified no issues (1 silenced).\n"


def test_http_leads_to_https_in_production(deploy):
    browser = deploy()
    response = browser.get("/fbv/posts/?q=heron", headers={"X-Forwarded-Proto": "http"})
    assert response.status_code == 301
    assert response.headers["Location"] == "https://mublog.example/fbv/posts/?q=heron"
    assert deploy(SECURE_SSL_REDIRECT="false").get("/").status_code == 302


def test_proxy_says_that_the_visitor_came_by_https(deploy, db):
    https = {"X-Forwarded-Proto": "https"}
    response = deploy().get("/fbv/posts/", headers=https)
    assert response.status_code == 200
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    # Until somebody decides how long browsers remember it, they need not.
    browser = deploy(SECURE_HSTS_SECONDS="", SECURE_HSTS_INCLUDE_SUBDOMAINS="")
    response = browser.get("/fbv/posts/", headers=https)
    assert response.status_code == 200
    assert "Strict-Transport-Security" not in response.headers


def test_without_a_proxy_nobody_is_believed(deploy, db):
    browser = deploy(TRUSTED_PROXIES="0")
    response = browser.get("/fbv/posts/", headers={"X-Forwarded-Proto": "https"})
    assert response.status_code == 301
    assert "Strict-Transport-Security" not in response.headers


def test_cookies_are_sent_by_https_alone_if_the_site_has_it(deploy, admin_user):
    for site, secure in [("https://mublog.example", True), ("http://127.0.0.1:8000", "")]:
        browser = deploy(SITE_URL=site)
        attempt = {"username": admin_user.email, "password": "password"}
        response = browser.post("/fbv/accounts/sign-in/", attempt, secure=True)
        assert response.status_code == 303
        session, csrf = browser.cookies["sessionid"], browser.cookies["csrftoken"]
        found = [session["secure"], session["httponly"], session["samesite"]]
        assert found == [secure, True, "Lax"]
        # Swagger UI and GraphiQL read the token, so this cookie is not HttpOnly.
        assert [csrf["secure"], csrf["httponly"], csrf["samesite"]] == [secure, "", "Lax"]


def test_form_of_this_site_is_accepted_whatever_the_host_is_called(deploy, db):
    deploy(ALLOWED_HOSTS="backend")
    browser = Client(SERVER_NAME="backend", enforce_csrf_checks=True)
    page = browser.get("/fbv/posts/new/", secure=True)
    data = {"text": "A", "csrfmiddlewaretoken": page.context["csrf_token"]}
    for origin, status in ORIGINS.items():
        headers = {"Origin": origin}
        response = browser.post("/fbv/posts/new/", data, secure=True, headers=headers)
        assert (origin, response.status_code) == (origin, status)


def test_image_is_not_taken_for_anything_else(client, db, settings):
    settings.DEBUG = True
    urls = runpy.run_path(settings.BASE_DIR / "config/urls.py")  # It reads DEBUG once.
    settings.ROOT_URLCONF = tuple(urls["urlpatterns"])
    client.post("/fbv/posts/new/", {"text": "A", "image": upload(draw())})
    (post,) = json.loads(client.get("/api/fbv/posts/").content)["results"]
    response = client.get(post["image"])
    assert response.headers["Content-Type"] == "image/webp"
    assert EVERYWHERE.items() <= response.headers.items()
