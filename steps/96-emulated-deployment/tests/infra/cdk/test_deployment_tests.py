"""The tests of a deployed site find what they are to find, on a site that is made up."""

import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


class Site(http.server.BaseHTTPRequestHandler):
    """A site and a mail catcher in one, which remember the last request."""

    faults = set()
    last = b""

    def do_POST(self):
        Site.last = self.rfile.read(int(self.headers["Content-Length"]))
        self.respond(b'{"image": "/image.gif"}')

    def do_GET(self):
        if self.path == "/image.gif":
            return self.respond(b"" if "no images" in Site.faults else b"RIFF....WEBP")
        if self.path.startswith("/api/v2/search"):
            return self.respond(b'{"total": 1}')
        self.respond(b"" if "no posts" in Site.faults else Site.last)

    def respond(self, body):
        self.send_response(500 if "errors" in Site.faults else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def smoke():
    """Run `deployment_tests` on the site, and return what pytest printed, or "" if all passed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"

    def smoke(*faults, catcher=url):
        Site.faults = set(faults)
        env = {**os.environ, "SITE_URL": url, "MAILHOG_URL": catcher}
        words = [sys.executable, "-m", "pytest", "deployment_tests", "-rfs"]
        done = subprocess.run(words, cwd=PROJECT, env=env, capture_output=True, text=True)
        return done.stdout if done.returncode or not catcher else ""

    yield smoke
    server.shutdown()
    server.server_close()


def test_site_that_works_passes(smoke):
    assert smoke() == ""


@pytest.mark.parametrize("fault", ["errors", "no posts", "no images"])
def test_site_that_is_broken_fails(smoke, fault):
    assert "FAILED deployment_tests/test_site.py::test_post_with_an_image" in smoke(fault)


def test_mails_that_nobody_catches_are_named_as_skipped(smoke):
    said = smoke(catcher="")
    assert "1 passed, 1 skipped" in said and "MAILHOG_URL does not say" in said
