"""The front page, and what every page has in common."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from pytest_django.asserts import assertContains, assertRedirects


def test_home_page_redirects_to_the_posts(client, db):
    assertRedirects(client.get("/"), "/fbv/posts/")


def test_home_page_responds_to_head_without_a_body(client):
    response = client.head("/")
    assert response.status_code == 302
    assert response.content == b""


def test_home_page_refuses_methods_that_would_change_something(client):
    response = client.post("/")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_page_loads_only_files_of_our_own_that_exist(client, db):
    links = re.findall(
        r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', client.get("/fbv/posts/").text
    )
    assert len(links) == 4
    for link in links:
        assert link.startswith("/static/") and finders.find(link.removeprefix("/static/"))


def test_vendored_library_has_the_version_that_is_declared(settings):
    package = json.loads((settings.BASE_DIR / "package.json").read_text(encoding="utf-8"))
    names = {
        "bootstrap.min.css": "Bootstrap  v{bootstrap} ",
        "vue.runtime.global.prod.js": "vue v{vue}\n",
        "axios.min.js": "Axios v{axios} ",
    }
    for path, name in names.items():
        with open(finders.find(f"vendor/{path}"), encoding="utf-8") as file:
            assert name.format(**package["dependencies"]) in file.read(100)


@pytest.mark.parametrize("address", ["/nowhere/", "/fbv/", "/fbv/nowhere/"])
def test_unknown_address_is_not_found_and_leads_back(client, address):
    assertContains(client.get(address), '<a href="/">To the posts</a>', status_code=404)
