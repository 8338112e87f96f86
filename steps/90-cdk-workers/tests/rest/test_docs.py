"""The documentation of the API: a valid schema, and a page that shows it."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from drf_spectacular.validation import validate_schema
from pytest_django.asserts import assertContains

from interfaces.rest_classes.urls import urlpatterns as classes
from interfaces.rest_functions.urls import urlpatterns as functions

URLS = {"/api/fbv/": functions, "/api/cbv/": classes}


@pytest.fixture
def schema(client, db):
    response = client.get("/api/schema/")
    assert response.headers["Content-Type"] == "application/vnd.oai.openapi+json"
    return response.json()


@pytest.fixture
def operations(schema):
    """Every operation by method and path."""
    return {
        (method, path): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_schema_is_valid_and_made_without_a_warning(schema, capsys):
    validate_schema(schema)
    call_command("spectacular", validate=True, fail_on_warn=True)
    assert "openapi: 3" in capsys.readouterr().out


def test_schema_has_every_address_with_every_method(operations):
    expected = {
        (method.lower(), f"{prefix}{url.pattern}".replace("<int:pk>", "{id}"))
        for prefix, urls in URLS.items()
        for url in urls
        for method in url.callback.cls().allowed_methods
        if method not in ["HEAD", "OPTIONS"]
    }
    assert operations.keys() == expected


def test_every_operation_has_a_name_a_description_and_an_example(operations):
    for operation in operations.values():
        assert operation["operationId"].startswith(operation["tags"][0] + "_")
        assert operation["summary"] and len(operation["description"]) > 40
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        contents = [body["content"]["application/json"] for body in bodies if "content" in body]
        assert all("examples" in content for content in contents)
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)


def test_page_shows_the_schema_and_loads_only_files_of_our_own(client):
    response = client.get("/api/docs/")
    assertContains(response, 'data-schema="/api/schema/"')
    scripts = re.findall(r"<script([^>]*)>([^<]*)", response.text)
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', response.text)
    assert len(scripts) == 2 and len(links) == 4
    assert not any(text for _, text in scripts) and "<style" not in response.text
    for link in links:
        assert link.startswith("/static/") and finders.find(link.removeprefix("/static/"))
