"""Health checks, with a database and without one, as a server sends them to Django."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.test import RequestFactory

LIVE, READY = "/health/live/", "/health/ready/"
BY_ADDRESS = {"host": "10.0.0.7:8000"}

both = pytest.mark.parametrize("url", [LIVE, READY])


@pytest.fixture
def thread(db):
    """A thread of a server, with a database connection of its own, which it keeps."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda function, *arguments: pool.submit(function, *arguments).result(timeout=10)
        pool.submit(connections.close_all)


@pytest.fixture
def ask(thread):
    """Sends a request to Django as a server does: unlike the test client, with all signals."""
    handler = WSGIHandler()

    def ask(url):
        statuses = []
        environ = RequestFactory().get(url, headers=BY_ADDRESS).environ
        response = handler(environ, lambda status, headers: statuses.append(status))
        response.close()
        return statuses[0], b"".join(response)

    return lambda url: thread(ask, url)


def get_process_id():
    connection.ensure_connection()
    return connection.connection.info.backend_pid


def test_live_process_asks_neither_the_database_nor_the_cache(client, set_cache_url, caplog):
    set_cache_url("redis://127.0.0.1:1")
    caplog.set_level(logging.INFO)
    response = client.get(LIVE)  # pytest-django makes any query of this test fail.
    assert (response.status_code, response.text, caplog.text) == (200, "ok", "")


def test_process_is_ready_when_the_database_responds(client, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get(READY)
    assert (response.status_code, response.text) == (200, "ok")


def test_process_without_a_database_is_alive_and_not_ready(ask, monkeypatch, caplog):
    monkeypatch.setitem(connection.settings_dict, "PORT", 1)
    assert ask(LIVE) == ("200 OK", b"ok")
    assert ask(READY) == ("503 Service Unavailable", b"database unavailable")
    messages = [(record.levelname, record.message[:27]) for record in caplog.records]
    assert messages == [("WARNING", "The database is unavailable")]
    monkeypatch.undo()
    assert ask(READY) == ("200 OK", b"ok")


def test_process_whose_connection_was_closed_meanwhile_is_ready(ask, thread):
    assert ask(READY) == ("200 OK", b"ok")
    before = thread(get_process_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    assert ask(READY) == ("200 OK", b"ok")
    assert thread(get_process_id) != before


@both
def test_unapplied_migration_changes_nothing(client, db, url):
    executor = MigrationExecutor(connection)
    target = executor.loader.graph.leaf_nodes("blog")
    executor.recorder.record_unapplied(*target[0])
    assert MigrationExecutor(connection).migration_plan(target)
    assert client.get(url).status_code == 200


@both
def test_check_is_answered_whatever_its_host_and_scheme(client, db, settings, url):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(url, headers=BY_ADDRESS)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies and "Vary" not in response.headers


@both
def test_check_only_reads(client, db, url):
    response = client.head(url)
    assert (response.status_code, response.content) == (200, b"")
    for method in ["post", "put", "delete", "options"]:
        response = getattr(client, method)(url)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
        assert response.headers["Cache-Control"] == "no-store"
