"""Errors: what their codes mean, and what they never reveal."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, ProgrammingError

from accounts.limits import RateLimitExceeded
from tests.factories import PostFactory
from tests.graphql_api.client import refusal, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch):
    """Make every page of posts raise the given exception."""

    def fail_with(error):
        def fail(*args, **kwargs):
            raise error

        monkeypatch.setattr("interfaces.graphql_api.posts.list_posts", fail)

    return fail_with


def test_unexpected_exception_is_logged_and_reveals_nothing(client, failing, caplog):
    failing(RuntimeError("the password of the database"))
    response = send(client, "{ posts { next } }")
    assert (response.status_code, refusal(response)) == (200, ("INTERNAL_SERVER_ERROR", set()))
    assert response.json()["errors"][0]["path"] == ["posts"]
    assert "password" not in response.text
    assert "RuntimeError: the password of the database" in caplog.text


def test_exception_outside_of_every_field_tells_nothing_either(client, monkeypatch, caplog):
    monkeypatch.delattr("graphene_django.views.execute")
    response = send(client, "{ posts { next } }")
    assert refusal(response) == ("INTERNAL_SERVER_ERROR", set())
    assert "execute" not in response.text
    assert "NameError: name 'execute' is not defined" in caplog.text


def test_value_that_an_int_cannot_hold_is_a_fault_of_ours(client, caplog):
    PostFactory(pk=2**31)
    assert refusal(send(client, "{ posts { items { id } } }")) == ("INTERNAL_SERVER_ERROR", set())
    assert "32-bit" in caplog.text


def test_locked_database_has_a_code_of_its_own(client, failing):
    failing(OperationalError("database is locked"))
    assert refusal(send(client, "{ posts { next } }")) == ("UNAVAILABLE", set())


def test_client_that_does_something_too_often_is_told_when_to_try_again(client, failing):
    failing(RateLimitExceeded(7))
    response = send(client, "{ posts { next } }")
    assert refusal(response) == ("RATE_LIMITED", set())
    assert response.json()["errors"][0]["extensions"]["retryAfter"] == 7
    response = send(client, "{ __typename posts { next } }")  # Only one of two fields fails.
    assert (response.status_code, response.headers["Retry-After"]) == (200, "7")


def test_any_other_error_of_the_database_is_internal(client, failing):
    failing(ProgrammingError("no such table: blog_post"))
    assert refusal(send(client, "{ posts { next } }")) == ("INTERNAL_SERVER_ERROR", set())


def test_refusal_says_whether_signing_in_would_help(client, failing, anna):
    failing(PermissionDenied())
    assert refusal(send(client, "{ posts { next } }")) == ("UNAUTHENTICATED", set())
    client.force_login(anna)
    assert refusal(send(client, "{ posts { next } }")) == ("FORBIDDEN", set())


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, method):
    response = getattr(client, method)("/graphql/")
    assert (response.status_code, refusal(response)) == (405, ("BAD_USER_INPUT", set()))
    assert response.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\xfd",
        b"null",
        b"7",
        b'"{ __typename }"',
        b"1" * 5000,
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": "{ __typename }", "operationName": "Other"}',
        b'[{"query": "{ __typename }"}]',
    ],
)
def test_malformed_request_is_rejected(client, body):
    response = client.post("/graphql/", body, content_type="application/json")
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "posts",
        "{ nothing }",
        "{ posts }",
        "{ posts { items { id } }",
        "{ posts(first: 99999999999) { next } }",
        "{ posts(first: %s) { next } }" % ("9" * 5000),
        "{ posts(search: 7) { next } }",
        '{ posts(search: "\\ud83d") { next } }',
        "{ posts \0 { next } }",
        "{ \ud83d }",
        "😀",
        "{ ...a } fragment a on Query { ...a }",
        "{ ...nothing }",
        "{ __typename @nothing }",
        "{ posts @skip(if: true) @skip(if: true) { next } }",
        "query A { __typename } query B { __typename }",
        "query A { __typename } query A { __typename }",
        "mutation { posts { next } }",
        "subscription { posts { next } }",
        "type Query { posts: Int }",
    ],
)
def test_wrong_document_is_refused_and_nothing_of_it_is_done(client, document):
    response = send(client, document)
    assert response.status_code == 400
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {
        "BAD_USER_INPUT"
    }
    assert "data" not in response.json()


def test_variable_that_has_no_value_is_a_fault_of_the_request(client):
    response = send(client, "query ($id: Int = 5) { post(id: $id) { id } }", id=None)
    assert (response.status_code, refusal(response)) == (200, ("BAD_USER_INPUT", set()))


@pytest.mark.parametrize(
    "document",
    [
        "{ posts(search: 12345678) { next } }",
        "{ posts(search: Secret12345678) { next } }",
        '{ posts(first: "12345678") { next } }',
        "{ posts(first: %s) { next } }" % ("12345678" * 600),
        "{ posts(search: Secret 12345678) { next } }",
        "{ posts(search: $a Secret12345678) { next } }",
        '{ posts "12345678" }',
        '{ posts """12345678\n""" }',
        "query ($search: String = 12345678) { posts(search: $search) { next } }",
    ],
)
def test_wrong_value_is_not_repeated(client, document):
    response = send(client, document)
    assert response.status_code == 400
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {
        "BAD_USER_INPUT"
    }
    assert "2345678" not in response.text


@pytest.mark.parametrize("value", [12345678, ["12345678"], {"a": "b got invalid value 12345678"}])
def test_wrong_value_of_a_variable_is_not_repeated(client, value):
    response = send(client, "query ($a: String!) { posts(search: $a) { next } }", a=value)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    reason = "String cannot represent a non string value."
    assert response.json()["errors"][0]["message"] == f"Variable '$a': {reason}"
