"""gunicorn in a process of its own, with the configuration of the project."""

import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from threading import Timer
from unittest import mock
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from tests import threads

# In seconds: anything slower counts as hanging.
TIMEOUT = 40
NOWHERE = "redis://127.0.0.1:1"


class Server:
    """Starts gunicorn on a free port, on the database of the tests and without Redis."""

    def __init__(self, home, **variables):
        environment = {
            f"DATABASE_{name}": str(connection.settings_dict[name])
            for name in ["HOST", "PORT", "NAME", "USER", "PASSWORD"]
        }
        environment |= {"DATABASE_URL": "", "CACHE_URL": NOWHERE, "BROKER_URL": NOWHERE}
        environment |= {"LOG_FORMAT": "json"}
        environment |= {"DEBUG": "true"}  # With its static files where they are.
        self.name = f"gunicorn-{uuid4().hex}"  # Of its connections.
        command = "-m gunicorn --config gunicorn.conf.py --bind 127.0.0.1:0 config.wsgi"
        self.process = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=settings.BASE_DIR,
            env=os.environ | environment | {"HOME": str(home), "PGAPPNAME": self.name} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # So that its workers are killed with it.
        )
        self.timer = Timer(TIMEOUT, os.killpg, [self.process.pid, signal.SIGKILL])
        self.timer.start()

    def __enter__(self):
        self.port = int(self.wait_for(r"Listening at: http://127\.0\.0\.1:(\d+)"))
        self.wait_for("(Booting worker)")
        return self

    def wait_for(self, pattern):
        """Read stdout up to a line that has this pattern, and return what its group matches."""
        while line := self.process.stdout.readline():
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(f"It never said {pattern}.")

    def get(self, path, **headers):
        """Return the status of a page."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT / 2)) as client:
            client.request("GET", path, headers={"Connection": "close"} | headers)
            return client.getresponse().status

    def count_connections(self):
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(query, [self.name])
            return cursor.fetchone()[0]

    def wait(self):
        """Wait for its end, and return the exit code, and the rest of stdout and of stderr."""
        output, errors = self.process.communicate()
        self.timer.cancel()
        return self.process.returncode, output, errors

    def stop(self):
        self.process.terminate()
        return self.wait()

    def __exit__(self, *exception):
        if self.process.returncode is None:
            self.stop()


@pytest.fixture
def server(db, tmp_path):
    with Server(tmp_path) as server:
        yield server


def test_missing_secret_key_ends_it_with_one_line(tmp_path):
    code, output, errors = Server(tmp_path, SECRET_KEY="").wait()
    assert (code, output) == (1, "")
    assert re.fullmatch(r"Cannot start: SECRET_KEY is missing .*\n", errors)


def test_request_that_has_begun_is_answered_after_sigterm(server):
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before; LOCK TABLE blog_post")
        response = threads.start(lambda: server.get("/fbv/posts/"))
        threads.wait_until_blocked()
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("(Handling signal: term)")
        cursor.execute("ROLLBACK TO before")
    assert response.result(TIMEOUT) == 200
    assert server.stop()[0] == 0


def test_clients_that_send_nothing_block_nobody(server):
    with ExitStack() as clients:
        for _ in range(7):
            client = socket.create_connection(("127.0.0.1", server.port))
            clients.enter_context(client).sendall(b"GET / HT")
        assert server.get("/health/live/") == 200


def test_access_log_has_a_line_for_each_page_and_no_secret(server):
    for interface in ["fbv", "cbv"]:
        for page in ["activate", "password-reset-confirm"]:
            path = reverse(f"{interface}:{page}", args=["uid", "secret"])
            server.get(path, Referer=f"http://127.0.0.1{path}")
    server.get("/fbv/accounts/activate/uid/secret")
    assert server.get("/health/live/") == 200
    assert server.get("/static/mublog.css") == 200
    server.get("/static/nothing.css?secret=1")
    server.get("/nowhere%0AGET%20/faked", **{"User-Agent": "secret"})
    _, output, errors = server.stop()
    events = [json.loads(line) for line in output.splitlines()]
    lines = [event["message"] for event in events if event["logger"] == "gunicorn.access"]
    # A line is written after its response, so the next request may be quicker.
    assert sorted(re.sub(r" \d+ bytes \d+\.\d{6} s$", "", line) for line in lines) == [
        "GET /cbv/accounts/activate/[redacted] 400",
        "GET /cbv/accounts/password-reset/[redacted] 400",
        "GET /fbv/accounts/activate/[redacted] 301",
        "GET /fbv/accounts/activate/[redacted] 400",
        "GET /fbv/accounts/password-reset/[redacted] 400",
        "GET /nowhere%0AGET%20/faked 404",
        "GET /static/nothing.css 404",
    ]
    assert "secret" not in output and errors == ""


def test_start_opens_no_connection_and_writes_nothing_into_the_home_folder(server, tmp_path):
    # Two processes with the same connection would read each other's results.
    assert server.count_connections() == 0
    assert server.get("/health/ready/") == 200
    assert server.count_connections() == 1
    server.stop()  # A thread that writes there has begun by then.
    assert list(tmp_path.iterdir()) == []


def test_query_that_takes_too_long_is_cancelled(db, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE blog_post")
    with Server(tmp_path, STATEMENT_TIMEOUT="1") as server:
        assert server.get("/fbv/posts/") == 503


def test_each_limit_of_time_is_shorter_than_the_next():
    with mock.patch.dict(os.environ):
        os.environ.pop("STATEMENT_TIMEOUT", None)
        config = runpy.run_path(settings.BASE_DIR / "gunicorn.conf.py")
        query = int(os.environ["STATEMENT_TIMEOUT"])
    assert 0 < query < config["timeout"] < config["graceful_timeout"]
