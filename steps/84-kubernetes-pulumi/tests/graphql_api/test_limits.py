"""The limits of a document."""

import pytest
from graphql import get_introspection_query

from tests.graphql_api.client import ask, refusal, send

pytestmark = pytest.mark.django_db

PAGE = "{ items { id text image author { id name } createdAt likes liked } next }"


def assert_too_much(client, document, message, **variables):
    response = send(client, document, **variables)
    assert (response.status_code, refusal(response)) == (400, ("LIMIT_EXCEEDED", set()))
    assert response.json()["errors"][0]["message"] == f"This document {message}."
    assert "data" not in response.json()


def repeat(part, count):
    """Repeat a part of a document, with a new number for N each time."""
    return " ".join(part.replace("N", str(number)) for number in range(count))


def nested(depth):
    return "{ a" * (depth - 1) + " { a }" + " }" * (depth - 1)


@pytest.mark.parametrize(
    "document",
    [
        "{ posts(first: 100) %s }" % PAGE,
        "{ a: posts(first: 100) %s b: posts(first: 100) %s }" % (PAGE, PAGE),
        "query ($first: Int) { posts(first: $first) %s }" % PAGE,
        "{ %s }" % repeat("aN: __typename", 20),
        "{ posts { %s } }" % repeat("next", 100),
        "{ ...a ...a } fragment a on Query { ...b ...b } fragment b on Query { posts { next } }",
        "{ ... { ... on Query { posts(first: 100) { next } } } }",
        "{ posts { next } } #".ljust(10_000, "😀"),
        get_introspection_query(input_value_deprecation=True, specified_by_url=True),
    ],
)
def test_what_a_page_needs_is_well_within_the_limits(client, document):
    ask(client, document)


def test_document_has_a_limited_length(client):
    message = "has more than 10000 characters"
    assert_too_much(client, "{ posts { next } } #".ljust(10_001), message)
    assert_too_much(client, "{" * 200_000, message)


@pytest.mark.parametrize("depth", [11, 50, 150, 1000, 1900])
def test_document_has_a_limited_depth(client, depth):
    assert_too_much(client, nested(depth), "is more than 10 fields deep")
    assert refusal(send(client, nested(10))) == ("BAD_USER_INPUT", set())


def test_fragments_count_as_what_they_stand_for(client):
    chain = " ".join(f"fragment f{n} on Query {{ a {{ ...f{n + 1} }} }}" for n in range(11))
    last = "fragment f11 on Query { a }"
    assert_too_much(client, f"{{ ...f0 }} {chain} {last}", "is more than 10 fields deep")
    bomb = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(100))
    last = "fragment f100 on Query { posts { next } }"
    assert_too_much(client, f"{{ ...f0 }} {bomb} {last}", "costs more than 2500")
    aliases = "fragment f on Query { %s }" % repeat("aN: __typename", 11)
    assert_too_much(client, "{ ...f ...f } " + aliases, "has more than 20 aliases")
    unused = "fragment f on Query { %s }" % repeat("a", 2501)
    assert_too_much(client, "{ __typename } " + unused, "costs more than 2500")


@pytest.mark.parametrize("spread", ["...f", "... { ...f }", "... on Query { ...f }", "a { ...f }"])
def test_fragment_that_spreads_itself_is_refused(client, spread):
    response = send(client, "{ ...f } fragment f on Query { %s }" % spread)
    assert response.status_code == 400
    assert "BAD_USER_INPUT" in response.text


def test_fragments_may_not_spread_each_other_without_end(client):
    chain = " ".join(f"fragment f{n} on Query{{...f{n + 1}}}" for n in range(300))
    assert_too_much(client, "{ ...f0 } " + chain, "is more than 10 fields deep")


@pytest.mark.parametrize("count", [21, 300])
def test_document_has_a_limited_number_of_aliases(client, count):
    assert_too_much(client, "{ %s }" % repeat("aN: __typename", count), "has more than 20 aliases")


@pytest.mark.parametrize(
    "document",
    [
        "{ posts(first: 100) { %s } }" % repeat("next", 25),
        "{ posts { %s } }" % repeat("next", 126),
        "{ %s }" % repeat("a", 2501),
        "query ($first: Int) { posts(first: $first) { %s } }" % repeat("next", 25),
        "query ($first: Int = 1) { posts(first: $first) { %s } }" % repeat("next", 25),
        "{ posts(first: 1000000) { %s } }" % repeat("next", 25),
        "query A { __typename } query B { posts(first: 100) { %s } }" % repeat("next", 25),
        "mutation { %s }" % repeat("signOut { ok }", 5),
        "{ %s }" % repeat("post(id: 1) { id }", 25),
        "{ me { %s } }" % repeat("posts { next }", 25),
    ],
)
def test_document_has_a_limited_cost(client, document):
    assert_too_much(client, document, "costs more than 2500")


def test_document_has_a_limited_number_of_fields(client):
    document = "{ post(id: 1) { %s } }"
    assert_too_much(client, document % repeat("id", 250), "has more than 250 fields")
    assert refusal(send(client, document % repeat("id", 249))) == ("NOT_FOUND", set())


def test_four_mutations_are_within_the_limits(client):
    ask(client, "mutation { %s }" % repeat("aN: signOut { ok }", 4))


@pytest.mark.parametrize(
    "mutation",
    [
        'signIn(email: "a", password: "a") { me { id } }',
        'signUp(email: "a", password: "a") { ok }',
        'resetPassword(uid: "a", token: "a", password: "a") { ok }',
        'publishPost(text: "", image: null) { post { id } }',
        'editPost(id: 1, text: "", image: null) { post { id } }',
    ],
)
def test_only_one_password_or_image_is_within_the_limits(client, mutation):
    document = f"mutation {{ b: signOut {{ ok }} c: signOut {{ ok }} a0: {mutation} %s }}"
    assert send(client, document % "").json()["data"]["b"] == {"ok": True}
    twice = f"mutation {{ a0: {mutation} a1: {mutation} }}"
    assert_too_much(client, twice, "costs more than 2500")


def test_negative_page_does_not_pay_for_another_one(client):
    many = "{ a: posts(first: -99) { items { %s } } b: posts(first: 100) { items { %s } } }"
    document = many % (repeat("text", 25), repeat("text", 30))
    assert_too_much(client, document, "costs more than 2500")


def test_page_that_is_too_large_says_so_itself(client):
    response = send(client, "{ posts(first: 1000000) { next } }")
    assert (response.status_code, refusal(response)) == (200, ("LIMIT_EXCEEDED", set()))
    assert response.json()["errors"][0]["message"] == "“first” must be at most 100."


def test_introspection_has_a_limited_depth(client):
    types = "{ __schema { types { fields { type { fields { type { name } } } } } } }"
    ask(client, types)
    response = send(client, types.replace("name", "fields { name }"))
    assert response.status_code == 400
    assert "Maximum introspection depth exceeded" in response.text


def test_part_of_a_schema_is_not_a_document(client):
    assert refusal(send(client, "type A { b: Int }"))[0] == "BAD_USER_INPUT"
