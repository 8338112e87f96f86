"""The mail catcher's HTTP: MailHog's API, mails in an answer, host names allowed, its page."""

from __future__ import annotations

import json
import re
import socketserver
import sys
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from course.ports import HOST
from course.services.mailbox import Mail, Mailbox

# What a browser on this machine calls it. Any other name in a request is a web site that has given
# its own name our address, in order to read the mail (DNS rebinding).
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

# As in MailHog's API: mails in one answer, unless asked for fewer or more; and the most.
LIMIT = 50
MOST = 250

# Seconds that a client may leave a connection idle.
IDLE = 10

LINK = re.compile(r"(https?://[^\s<>\"']+)")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mail ({count})</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: auto; padding: 1rem }}
article {{ border-top: 1px solid #999; padding: 1rem 0 }}
h2 {{ font-size: 1.1rem; margin: 0 }}
p {{ margin: 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style>
<h1>Mail ({count})</h1>
{mails}
</html>
"""


class MailServer(ThreadingHTTPServer):
    """The HTTP server of one mailbox, on 127.0.0.1."""

    daemon_threads = True
    # On Windows the option would let two servers share a port.
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, port: int, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking for the address's name, which takes seconds on some machines."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: MailServer
    server_version = "course-mail"
    sys_version = ""
    timeout = IDLE

    def do_GET(self) -> None:  # noqa: N802 (the name that http.server looks for)
        """Answer what reads."""
        if not self._trusted():
            return
        address = urlsplit(self.path)
        path = address.path.rstrip("/")
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        box = self.server.mailbox
        if path == "":
            self._page(box.all())
        elif path == "/api/v1/messages":
            self._json([mail.as_json() for mail in box.all()])
        elif path == "/api/v2/messages":
            self._slice(box.all(), query)
        elif path == "/api/v2/search":
            self._search(query)
        elif (mail := self._named(path)) is not None:
            self._json(mail.as_json())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_DELETE(self) -> None:  # noqa: N802
        """Answer what removes."""
        if not self._trusted():
            return
        path = urlsplit(self.path).path.rstrip("/")
        if path == "/api/v1/messages":
            self.server.mailbox.clear()
            self._send(b"", "text/plain")
        elif (mail := self._named(path)) is not None and self.server.mailbox.remove(mail.id):
            self._send(b"", "text/plain")
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the log for what goes wrong: clients ask for the mail again and again."""

    def _trusted(self) -> bool:
        name = re.sub(r":\d+$", "", self.headers.get("Host", HOST))
        if name in NAMES:
            return True
        self.send_error(HTTPStatus.FORBIDDEN, f"use the name {HOST} or localhost")
        return False

    def _named(self, path: str) -> Mail | None:
        prefix, _, mail_id = path.rpartition("/")
        return self.server.mailbox.get(unquote(mail_id)) if prefix == "/api/v1/messages" else None

    def _search(self, query: dict[str, str]) -> None:
        kind, text = query.get("kind", ""), query.get("query", "")
        if kind not in ("to", "from", "containing") or not text:
            self.send_error(HTTPStatus.BAD_REQUEST, "kind is to, from or containing; query is text")
            return
        found = [mail for mail in self.server.mailbox.all() if mail.matches(kind, text)]
        self._slice(found, query)

    def _slice(self, mails: list[Mail], query: dict[str, str]) -> None:
        start = _number(query.get("start"), 0)
        limit = min(_number(query.get("limit"), LIMIT), MOST)
        items = [mail.as_json() for mail in mails[start : start + limit]]
        self._json({"total": len(mails), "count": len(items), "start": start, "items": items})

    def _page(self, mails: list[Mail]) -> None:
        shown = "\n".join(map(_article, mails[:LIMIT])) or "<p>No mail yet.</p>"
        if len(mails) > LIMIT:
            shown += "\n<p>Older mail is at <a href='/api/v2/messages'>/api/v2/messages</a>.</p>"
        page = PAGE.format(count=len(mails), mails=shown)
        self._send(page.encode("utf-8", "replace"), "text/html; charset=utf-8")

    def _json(self, data: object) -> None:
        self._send(json.dumps(data).encode("ascii"), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)


def _number(text: str | None, default: int) -> int:
    """Return a number of a query; what is none, or negative, counts as not given (MailHog too)."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def _article(mail: Mail) -> str:
    link = f"/api/v1/messages/{escape(mail.id, quote=True)}"
    return (
        f"<article><h2><a href='{link}'>{escape(mail.subject() or '(no subject)')}</a></h2>"
        f"<p>from {escape(mail.sender or '(nobody)')} to {escape(', '.join(mail.recipients))},"
        f" {mail.created:%Y-%m-%d %H:%M:%S} UTC</p>"
        f"<pre>{_linked(mail.text())}</pre></article>"
    )


def _linked(text: str) -> str:
    """Escape a text, and make its web addresses links: an activation link is to be opened."""
    # The pattern has one group, so that every second piece is an address.
    return "".join(
        f"<a href='{escape(piece, quote=True)}'>{escape(piece)}</a>" if at % 2 else escape(piece)
        for at, piece in enumerate(LINK.split(text))
    )
