"""An HTTP proxy to the emulated load balancer: the headers it sets or drops, and its time-out.

On AWS, a name leads to the load balancer, which ends TLS. Here, one port of this machine is all of
AWS, and the header ``Host`` says who is meant. The door sets it.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Seconds, as long as a load balancer waits.
TIMEOUT = 60.0
# What concerns one connection, and not the message.
_HOP = frozenset(
    "connection keep-alive proxy-connection te trailer transfer-encoding upgrade".split()
)


@contextmanager
def door(port: int, host: str) -> Iterator[str]:
    """Open a door for a while.

    Args:
        port: where the load balancer is reached, on this machine.
        host: the name, and the port of the listener, that it is asked by.

    Yields:
        The address.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {n: v for n, v in self.headers.items() if n.lower() not in _HOP | {"host"}}
            try:
                response, content = ask(port, host, self.path, self.command, body or None, kept)
            except (OSError, http.client.HTTPException) as error:
                self.send_error(502, f"{type(error).__name__}: {error}")
                return
            self.send_response_only(response.status, response.reason)
            for name, value in response.getheaders():
                if name.lower() not in _HOP | {"content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def page(port: int, host: str, path: str) -> str:
    """Return what the load balancer answers to a request for a page, as text."""
    return ask(port, host, path)[1].decode("utf-8", "replace")


def ask(
    port: int,
    host: str,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] = {},
) -> tuple[http.client.HTTPResponse, bytes]:
    """Return what the load balancer answers to a request, and the content of that.

    Raises:
        OSError, http.client.HTTPException: when it does not answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, {**headers, "Host": host})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()
