"""The front page."""

import pytest
from django.contrib.staticfiles import finders
from pytest_django.asserts import assertContains, assertInHTML


def test_home_page_shows_the_name_of_the_site(client):
    assertInHTML("<h1>μblog</h1>", client.get("/").text)


def test_home_page_responds_to_head_without_a_body(client):
    response = client.head("/")
    assert response.status_code == 200
    assert response.content == b""


def test_home_page_refuses_methods_that_would_change_something(client):
    response = client.post("/")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("name", ["favicon.svg", "mublog.css"])
def test_home_page_links_to_static_files_that_exist(client, name):
    assertContains(client.get("/"), f'href="/static/{name}"')
    assert finders.find(name)


def test_unknown_address_is_not_found(client):
    assert client.get("/nowhere/").status_code == 404
