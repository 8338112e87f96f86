"""A Redis that cannot be used: the pages respond without it."""

import logging
import socket

import pytest
from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.models import User
from blog.models import Post

pytestmark = pytest.mark.django_db

PAGES = ["/fbv/posts/", "/cbv/posts/", "/api/fbv/posts/", "/api/cbv/posts/"]


@pytest.fixture
def refusing():
    """The URL of a server that is not there."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"  # Nothing listens on it.


@pytest.fixture
def silent():
    """The URL of a server that accepts connections, and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(params=["refusing", "silent"])
def away(request, settings):
    """Use a cache that is away."""
    url = request.getfixturevalue(request.param)
    settings.CACHES = {
        alias: {**cache, "LOCATION": [url]} for alias, cache in settings.CACHES.items()
    }


@pytest.mark.parametrize("page", PAGES)
def test_page_responds_without_the_cache(client, away, page):
    Post.objects.create(text="A heron")
    response = client.get(page)
    assert (response.status_code, "A heron" in response.text) == (200, True)


def test_graphql_responds_without_the_cache(client, away):
    Post.objects.create(text="A heron")
    query = {"query": "{ posts { items { text } } }"}
    response = client.post("/graphql/", query, content_type="application/json")
    assert response.json() == {"data": {"posts": {"items": [{"text": "A heron"}]}}}


def test_post_is_published_without_the_cache(client, away):
    client.force_login(User.objects.create_user("anna@mublog.example"))
    assert client.post("/fbv/posts/new/", {"text": "A heron"}).status_code == 303
    assert (
        client.post(f"/fbv/posts/{Post.objects.get().pk}/like/", {"liked": "1"}).status_code == 303
    )
    assert "A heron" in client.get("/fbv/posts/").text


def test_cache_that_is_away_is_empty_and_says_so_in_the_log(away, caplog):
    caplog.set_level(logging.WARNING, logger="config.cache")
    cache.set("a", 1)
    assert (cache.get("a"), cache.get("a", 2), cache.get_many(["a"])) == (None, 2, {})
    assert [record.message[:25] for record in caplog.records] == ["The cache is unavailable:"] * 4


def test_method_without_a_harmless_result_fails_as_before(away):
    with pytest.raises(RedisError):
        cache.incr("a")
