"""GraphiQL: the page to explore the schema."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from graphql import parse, validate

from interfaces.graphql_api.schema import schema

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def page(client):
    return client.get("/graphql/", headers=BROWSER).text


def test_browser_is_shown_graphiql_and_a_program_is_not(client, page):
    assert '<div id="graphiql">' in page
    assert client.cookies["csrftoken"].value  # For the header of its requests.
    for accepted in ["*/*", "application/json", "application/json, text/html;q=0.5"]:
        response = client.get("/graphql/", headers={"Accept": accepted})
        assert response.headers["Content-Type"] == "application/json"
    response = client.post(
        "/graphql/", {"query": "{ __typename }"}, content_type="application/json", headers=BROWSER
    )
    assert response.json() == {"data": {"__typename": "Query"}}


def test_page_loads_files_of_our_own_and_has_no_code_in_it(page):
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page)
    assert len(links) == 7
    for link in links:
        assert link.startswith("/static/") and finders.find(link.removeprefix("/static/"))
    assert re.findall(r"<script[^>]*>(.+?)</script>", page) == []
    assert not re.search(r"<style| style=| on\w+=", page)


@pytest.mark.parametrize(
    ("name", "file", "mark"),
    [
        ("graphiql", "graphiql.min.js", "/* GraphiQL {}, "),
        ("react", "react.production.min.js", 'version="{}"'),
        ("react-dom", "react-dom.production.min.js", 'Version:"{}"'),
    ],
)
def test_vendored_library_has_the_version_that_is_declared(settings, name, file, mark):
    package = json.loads((settings.BASE_DIR / "package.json").read_text(encoding="utf-8"))
    with open(finders.find(f"vendor/{file}"), encoding="utf-8") as vendored:
        assert mark.format(package["dependencies"][name]) in vendored.read()


def test_examples_are_valid_documents():
    with open(finders.find("graphiql.js"), encoding="utf-8") as file:
        examples = re.search("`([^`]*)`", file.read())[1]
    document = parse(examples)
    assert len(document.definitions) >= 3
    assert validate(schema.graphql_schema, document) == []
