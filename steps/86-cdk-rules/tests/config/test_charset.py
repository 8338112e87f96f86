"""Requests in another charset than UTF-8, by both doors of the project."""

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import AsyncRequestFactory, RequestFactory

from config import asgi, wsgi

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
every_valid_type = pytest.mark.parametrize(
    "content_type", ["", FORM, f"{FORM}; charset=UTF-8", 'text/html;charset="utf8" ; a=b']
)
every_invalid_type = pytest.mark.parametrize(
    "content_type",
    [f"{FORM}; charset={codec}" for codec in ["base64", "punycode", "utf-7", "utf-16", "x", ""]]
    + [f"{FORM}; charset*=x''y", f"{FORM}; charset*0=puny; charset*1=code", f"{FORM}; a*=x''y"],
)


def status_by_wsgi(content_type):
    """Send a request with a query string, and return the status of the response."""
    statuses = []
    environ = RequestFactory().get("/fbv/posts/new/?a=b").environ
    environ["CONTENT_TYPE"] = content_type
    wsgi.application(environ, lambda status, headers: statuses.append(int(status[:3])))
    return statuses.pop()


async def status_by_asgi(content_type):
    scope = AsyncRequestFactory().get("/fbv/posts/new/?a=b").scope
    scope["headers"] = [(b"host", b"testserver"), (b"content-type", content_type.encode())]
    communicator = ApplicationCommunicator(asgi.application, scope)
    await communicator.send_input({"type": "http.request"})
    response = await communicator.receive_output()
    return response["status"]


@every_valid_type
def test_utf_8_is_read(content_type):
    assert status_by_wsgi(content_type) == 200


@every_invalid_type
def test_other_charset_is_refused(content_type):
    assert status_by_wsgi(content_type) == 415


@pytest.mark.parametrize(("charset", "status"), [("utf-8", 200), ("base64", 415)])
def test_asgi_refuses_the_same(charset, status):
    assert async_to_sync(status_by_asgi)(f"{FORM}; charset={charset}") == status
