"""Which HTTP requests are accepted, and the response to all others."""

import json

import pytest
from django.contrib.auth import get_user_model

from accounts.services import create_token
from blog.services import like_post
from tests.factories import PostFactory
from tests.graphql_api.client import refusal

GRAPHQL = "/graphql/"
VALID_REQUEST = {"query": "{ __typename }"}


def post(client, body, content_type="application/json", **options):
    return client.post(GRAPHQL, body, content_type=content_type, **options)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("query", 7),
        ("query", ["{ __typename }"]),
        ("variables", []),
        ("variables", "{}"),
        ("operationName", 7),
    ],
)
def test_part_of_a_request_that_has_the_wrong_type_is_refused(client, part, value):
    response = post(client, VALID_REQUEST | {part: value})
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    assert response.json()["errors"][0]["message"].startswith(f"“{part}” must be ")


def test_unknown_url_below_graphql_is_an_error_in_the_same_format(client):
    response = client.get(f"{GRAPHQL}none/")
    assert (response.status_code, refusal(response)) == (404, ("NOT_FOUND", set()))


def test_unexpected_error_of_the_view_is_an_error_in_the_same_format(client, monkeypatch):
    def authenticate(request):
        raise ValueError("a secret")

    monkeypatch.setattr("interfaces.graphql_api.views.authenticate", authenticate)
    client.raise_request_exception = False
    response = post(client, VALID_REQUEST)
    assert (response.status_code, refusal(response)) == (500, ("INTERNAL_SERVER_ERROR", set()))
    assert "secret" not in response.text


def test_json_that_is_too_deep_for_python_is_refused(client):
    response = post(client, "[" * 100_000)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/graphql", "{ __typename }"),
        ("application/x-www-form-urlencoded", "query=%7B__typename%7D"),
    ],
)
def test_other_content_types_are_refused(client, content_type, body):
    response = post(client, body, content_type)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    for content_type in ["text/plain", "", "nonsense"]:
        response = post(client, json.dumps(VALID_REQUEST), content_type)
        assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


def test_document_is_in_the_body_alone(client):
    response = client.post(f"{GRAPHQL}?query={{__typename}}", {}, content_type="application/json")
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


def ask_who_likes(client, token):
    data = {"query": "{ posts { items { liked } } }"}
    headers = {"Authorization": f"Token {token}"}
    return client.post(GRAPHQL, data, content_type="application/json", headers=headers)


def test_token_wins_over_a_session(client, anna):
    like_post(post=PostFactory(), user=anna)
    client.force_login(get_user_model().objects.create_user("berta@mublog.example"))
    response = ask_who_likes(client, create_token(user=anna)[1])
    assert response.json() == {"data": {"posts": {"items": [{"liked": True}]}}}


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "wrong", "two words", "\xff"])
def test_invalid_token_is_rejected(client, token):
    response = ask_who_likes(client, token)
    assert (response.status_code, refusal(response)) == (401, ("UNAUTHENTICATED", set()))
    assert response.headers["WWW-Authenticate"] == "Token"


@pytest.mark.django_db
def test_get_takes_the_query_from_the_url(client):
    post = PostFactory()
    parameters = {"query": "query ($n: Int) { posts(first: $n) { next items { id } } }"}
    response = client.get(GRAPHQL, parameters | {"variables": '{"n": 1}'})
    assert response.json() == {"data": {"posts": {"next": None, "items": [{"id": post.pk}]}}}
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("variables", ["[]", "7", '"a"'])
def test_get_with_wrong_variables_is_refused(client, variables):
    response = client.get(GRAPHQL, VALID_REQUEST | {"variables": variables})
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


@pytest.mark.parametrize("excess", [1, 10_000_000])
def test_body_that_is_too_large_is_refused_as_such(client, excess):
    assert post(client, b" " * 256 * 1024).status_code == 400
    response = post(client, b" " * (256 * 1024 + excess))
    assert (response.status_code, refusal(response)) == (413, ("LIMIT_EXCEEDED", set()))
