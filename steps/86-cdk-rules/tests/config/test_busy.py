"""A database that is away, or that another transaction has locked for too long."""

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import InterfaceError, OperationalError, ProgrammingError

pytestmark = pytest.mark.django_db

NEW = "/fbv/posts/new/"


@pytest.fixture
def fail_with(monkeypatch):
    def fail(exception):
        def publish_post(**arguments):
            raise exception

        monkeypatch.setattr("interfaces.function_views.posts.publish_post", publish_post)

    return fail


@pytest.mark.parametrize("exception", [OperationalError, InterfaceError])
def test_database_that_does_not_respond_is_a_503_with_retry_after(client, fail_with, exception):
    fail_with(exception("server closed the connection unexpectedly"))
    response = client.post(NEW, {"text": "a"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "<h1>Busy</h1>" in response.text


@pytest.mark.parametrize("page", ["fbv/posts/", "cbv/posts/", "admin/", "api/fbv/posts/"])
def test_user_whose_session_cannot_be_read_gets_the_503_too(client, monkeypatch, admin_user, page):
    def load(self):
        raise OperationalError("connection refused")

    client.force_login(admin_user)
    monkeypatch.setattr(SessionStore, "load", load)
    assert client.get(f"/{page}").status_code == 503


@pytest.mark.parametrize("exception", [ProgrammingError("no such table"), ValueError("locked")])
def test_any_other_failure_is_not_hidden(client, fail_with, exception):
    fail_with(exception)
    with pytest.raises(type(exception)):
        client.post(NEW, {"text": "a"})
