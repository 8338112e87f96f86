"""The cache in Redis, with and without a server that responds."""

import logging
import socket
import time
from unittest import mock

import pytest
from django.core.cache import cache
from redis.exceptions import OutOfMemoryError, RedisError


@pytest.fixture(params=["refusing", "silent"])
def away(request, set_cache_url):
    """A server that is not there, or one that accepts connections and never responds."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "silent":
            server.listen()
        set_cache_url(f"redis://127.0.0.1:{server.getsockname()[1]}")
        yield


def test_value_is_kept_for_a_minute():
    cache.set("a", {"b": 1})
    assert (cache.get("a"), cache.get_many(["a", "c"])) == ({"b": 1}, {"a": {"b": 1}})
    client = cache._cache.get_client()
    assert 0 < client.ttl(cache.make_key("a")) <= 60


def test_cache_that_is_away_is_empty_and_asked_once_a_second(away, caplog, monkeypatch):
    caplog.set_level(logging.WARNING, logger="config.cache")
    cache.set("a", 1)
    assert (cache.get("a"), cache.get("a", 2), cache.get_many(["a"])) == (None, 2, {})
    assert [record.message[:25] for record in caplog.records] == ["The cache is unavailable:"]
    monkeypatch.setattr("config.cache.time.monotonic", lambda now=time.monotonic() + 1: now)
    cache.get("a")
    assert len(caplog.records) == 2


def test_cache_that_refuses_to_store_can_still_be_read(monkeypatch, caplog):
    cache.set("a", 1)
    with monkeypatch.context() as patch:
        full = OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")
        patch.setattr(cache._cache, "set", mock.Mock(side_effect=full))
        cache.set("a", 2)
    assert "The cache is unavailable: command not allowed" in caplog.text
    assert cache.get("a") == 1


def test_method_without_a_harmless_result_raises_an_error(away):
    with pytest.raises(RedisError):
        cache.incr("a")
