"""A database that another transaction holds for too long."""

import pytest
from django.db import OperationalError

pytestmark = pytest.mark.django_db

NEW = "/fbv/posts/new/"


@pytest.fixture
def fail_with(monkeypatch):
    def fail(exception):
        def publish_post(**arguments):
            raise exception

        monkeypatch.setattr("interfaces.function_views.posts.publish_post", publish_post)

    return fail


def test_locked_database_is_a_503_with_retry_after(client, fail_with):
    fail_with(OperationalError("database is locked"))
    response = client.post(NEW, {"text": "a"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "<h1>Busy</h1>" in response.text


@pytest.mark.parametrize("exception", [OperationalError("no such table"), ValueError("locked")])
def test_any_other_failure_is_not_hidden(client, fail_with, exception):
    fail_with(exception)
    with pytest.raises(type(exception)):
        client.post(NEW, {"text": "a"})
