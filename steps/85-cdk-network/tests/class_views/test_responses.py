"""Class-based views respond as the function views do, which have tests of their own."""

import re
from urllib.parse import parse_qsl

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertRedirects

from blog.services import publish_post
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

REQUESTS = [
    "get posts/?q=herons",
    "get posts/?q=herons&before=1",
    "get posts/?before=x",
    "post posts/",
    "options posts/",
    "get posts/new/",
    "post posts/new/ text=About+otters",
    "post posts/new/ text=+",
    "put posts/new/",
    "get posts/{id}/",
    "post posts/{id}/",
    "get posts/{id}/edit/",
    "post posts/{id}/edit/ text=About+otters",
    "post posts/{id}/edit/ text=+",
    "put posts/{id}/edit/",
    "get posts/{id}/delete/",
    "post posts/{id}/delete/",
    "put posts/{id}/delete/",
    "get posts/{id}/like/",
    "post posts/{id}/like/ liked=1",
    "post posts/{id}/like/ liked=2",
    "put posts/{id}/like/",
    "delete posts/{id}/like/",
    "get accounts/sign-in/",
    "get accounts/sign-in/?next=/admin/",
    "get accounts/sign-in/?next=//evil.example",
    "post accounts/sign-in/",
    "post accounts/sign-in/ username=other@mublog.example&password=wrong",
    "post accounts/sign-in/ username=other@mublog.example&password=correct+horse",
    "post accounts/sign-in/?next=/ username=other@mublog.example&password=correct+horse&next=/a/",
    "post accounts/sign-in/?next=/ username=other@mublog.example&password=correct+horse&next=//b/",
    "put accounts/sign-in/",
    "get accounts/sign-out/",
    "post accounts/sign-out/",
    "get accounts/sign-up/",
    "post accounts/sign-up/ email=carla&password=",
    "post accounts/sign-up/ email=carla@mublog.example&password=qwertyuiop",
    "post accounts/sign-up/ email=carla@mublog.example&password=correct+horse",
    "put accounts/sign-up/",
    "get accounts/sign-up/done/",
    "post accounts/sign-up/done/",
    "get accounts/activate/MQ/token/",
    "put accounts/activate/MQ/token/",
    "get accounts/password-reset/",
    "post accounts/password-reset/ email=other@mublog.example",
    "post accounts/password-reset/ email=other",
    "put accounts/password-reset/",
    "get accounts/password-reset/done/",
    "post accounts/password-reset/done/",
    "get accounts/password-reset/MQ/token/",
    "put accounts/password-reset/MQ/token/",
    "get accounts/profile/",
    "get accounts/profile/?before=1",
    "get accounts/profile/?before=x",
]
SIGN_IN = "/fbv/accounts/sign-in/?next="
# What differs each time: the CSRF token, the time, the name of a file.
CHANCE = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|<time.*?</time>|[0-9a-f]{32}\.webp')
NONCE = re.compile(r"(?<=nonce[-=])[\"\w+/=]+")  # In the page, and in the header.
# A rollback takes no number back, so each new post has another one.
NEW_POST = re.compile(r"(?<=^/…/posts/)\d+(?=/$)")


@pytest.fixture
def users():
    create = get_user_model().objects.create_user
    return {who: create(f"{who}@mublog.example", "correct horse") for who in ["author", "other"]}


@pytest.fixture
def post(users):
    return publish_post(text="About herons", author=users["author"], image=upload(draw()))


def observe_response(prefix, user, asked):
    """Return what a client can notice in a response, without the prefix and random values."""
    method, page, *body = asked.split(" ")
    data = dict(parse_qsl("".join(body), keep_blank_values=True))
    client = Client()
    if user:
        client.force_login(user)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(prefix + page, data)
        transaction.set_rollback(True)
    headers = {name: value.replace(prefix, "/…/") for name, value in response.headers.items()}
    policy = headers["Content-Security-Policy"]
    headers["Content-Security-Policy"] = NONCE.sub("…", policy)
    headers.pop("Expires", None)  # The current second, where caching is forbidden.
    del headers["X-Request-ID"]  # Every request has another one.
    # LOGIN_URL is one page for both: redirects lead to it, and back.
    headers["Location"] = headers.get("Location", "").replace(SIGN_IN, "/…/accounts/sign-in/?next=")
    if page.endswith("posts/new/"):
        headers["Location"] = NEW_POST.sub("…", headers["Location"])
    messages = [str(message) for message in get_messages(response.wsgi_request)]
    text = NONCE.sub("…", CHANCE.sub("…", response.text)).replace(prefix, "/…/")
    return response.status_code, headers, messages, text, len(queries)


@pytest.mark.parametrize("who", ["visitor", "other", "author"])
@pytest.mark.parametrize("asked", REQUESTS)
def test_response_is_the_same(users, post, asked, who):
    user, asked = users.get(who), asked.format(id=post.pk)
    assert observe_response("/cbv/", user, asked) == observe_response("/fbv/", user, asked)


def test_sign_in_that_leads_back_to_itself_is_no_error(client, users):
    client.force_login(users["author"])
    page = "/cbv/accounts/sign-in/"
    response = client.get(page, {"next": page})
    assertRedirects(response, page, status_code=303, target_status_code=303)
