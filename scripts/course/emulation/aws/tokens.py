"""``python -m emulated_aws.tokens JSON``: the tokens that a forge signs for jobs which ask for one.

GitHub gives a job the address to ask, and a secret for it. A job whose environment must be approved
does not even start before that. Here, it starts, and waits for its token: only so many are given as
are allowed. Nobody checks a signature, so there is none.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PORT = 4567
# What a job must have to be given a token.
SECRET = "given-to-the-job"
_FOLDER = Path("/tmp/tokens")
_LIFE = 3600
_TIMEOUT = 900.0
_PAUSE = 0.25


def token(claims: Mapping[str, object]) -> str:
    """Return a token that says so, and that ends within an hour."""
    now = int(time.time())
    parts = ({"alg": "none", "typ": "JWT"}, {"iat": now, "exp": now + _LIFE, **claims})
    written = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*written, b""]).decode()


class Tokens:
    """Which tokens may be given, and which were; in files, because two programs use them.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def allow(self, claims: Mapping[str, object], count: int) -> None:
        """Let so many tokens be given from now on that say this, those of before not counted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write("given", 0)
        self._write("waiting", 0)
        self._write("allowed", {"claims": dict(claims), "count": count})

    def approve(self, claims: Mapping[str, object]) -> None:
        """Let one more token be given, which says this."""
        count = self._read("allowed")["count"] + 1
        self._write("allowed", {"claims": dict(claims), "count": count})

    def note(self, subject: str) -> None:
        """Note that a key was given for the token of a subject."""
        with self._lock:
            self._write("taken", [*self._read("taken"), subject])

    def told(self) -> dict[str, Any]:
        """Return how many were given, how many jobs wait for one, and for whom a key was given."""
        return {name: self._read(name) for name in ("given", "waiting", "taken")}

    def give(self, audience: str, timeout: float = _TIMEOUT) -> str | None:
        """Return a token for an audience once it is allowed; None if it is not in time."""
        self._count("waiting", 1)
        try:
            for _ in range(int(timeout / _PAUSE) + 1):
                with self._lock:
                    allowed, given = self._read("allowed"), int(self._read("given"))
                    if given < allowed["count"]:
                        self._write("given", given + 1)
                        return token({**allowed["claims"], "aud": audience})
                time.sleep(_PAUSE)
            return None
        finally:
            self._count("waiting", -1)

    def _count(self, name: str, more: int) -> None:
        with self._lock:
            self._write(name, int(self._read(name)) + more)

    def _read(self, name: str) -> Any:
        file = self._folder / name
        if not file.exists():
            return {"allowed": {"claims": {}, "count": 0}, "taken": []}.get(name, 0)
        return json.loads(file.read_text("utf-8"))

    def _write(self, name: str, value: object) -> None:
        """Write a file at once: another program never reads half of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f".{name}-{os.getpid()}-{threading.get_ident()}"
        file.write_text(json.dumps(value), encoding="utf-8")
        file.replace(self._folder / name)


def serve(tokens: Tokens, address: tuple[str, int]) -> ThreadingHTTPServer:
    """Answer jobs that ask for a token, in the background; return the server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            audience = parse_qs(urlsplit(self.path).query).get("audience", [""])[0]
            if self.headers.get("Authorization") != f"Bearer {SECRET}" or not audience:
                self.send_error(401)
                return
            given = tokens.give(audience)
            if given is None:
                self.send_error(403)
                return
            body = json.dumps({"value": given}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(address, Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(word: str) -> None:
    """Do what is asked for, and print what became of the tokens."""
    tokens, asked = Tokens(), json.loads(word)
    if "allow" in asked:
        tokens.allow(asked["allow"], asked["count"])
    elif "approve" in asked:
        tokens.approve(asked["approve"])
    print(json.dumps(tokens.told()))


if __name__ == "__main__":
    main(sys.argv[1])
