"""The tokens of jobs: one is given for the right question, and only as many as are allowed."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from course.emulation.aws import federation, tokens
from course.emulation.aws.tokens import SECRET, Tokens

CLAIMS = {"sub": "repo:course/final:environment:pre-production"}
OTHER = {"sub": "repo:course/final:environment:production"}


@pytest.fixture
def given(tmp_path: Path) -> Tokens:
    made = Tokens(tmp_path / "tokens")
    made.allow(CLAIMS, 1)
    return made


@pytest.fixture
def port(given: Tokens) -> Iterator[int]:
    server = tokens.serve(given, ("127.0.0.1", 0))
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


def said(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def ask(port: int, path: str, secret: str = SECRET) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_job_gets_a_token_that_says_who_it_is_and_for_whom(port: int) -> None:
    status, body = ask(port, "/token?job=1&audience=sts.amazonaws.com")
    claims = said(json.loads(body)["value"])
    assert status == 200
    assert claims["sub"] == CLAIMS["sub"] and claims["aud"] == "sts.amazonaws.com"
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    "path, secret", [("/token?job=1", SECRET), ("/token?audience=sts.amazonaws.com", "stolen")]
)
def test_wrong_question_gets_no_token(port: int, given: Tokens, path: str, secret: str) -> None:
    assert ask(port, path, secret)[0] == 401
    assert given.told() == {"given": 0, "waiting": 0, "taken": []}


def test_second_job_waits_until_somebody_approves(given: Tokens) -> None:
    assert given.give("sts.amazonaws.com")
    second: list[str | None] = []
    job = threading.Thread(target=lambda: second.append(given.give("sts.amazonaws.com")))
    job.start()
    deadline = time.monotonic() + 10
    while not given.told()["waiting"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert given.told() == {"given": 1, "waiting": 1, "taken": []} and not second
    given.approve(OTHER)
    job.join(10)
    assert second[0] is not None and said(second[0])["sub"] == OTHER["sub"]
    assert given.told() == {"given": 2, "waiting": 0, "taken": []}


def test_job_that_nobody_approves_gets_none(given: Tokens) -> None:
    given.allow(CLAIMS, 0)
    assert given.give("sts.amazonaws.com", timeout=0.0) is None
    assert given.told() == {"given": 0, "waiting": 0, "taken": []}


def take(given: Tokens, token: str, action: str = "AssumeRoleWithWebIdentity") -> Any:
    """Ask an STS that gives everybody a key, but for what is changed of it."""

    async def handle(*words: object) -> str:
        return "a key"

    def error(status: int, code: str, message: str, ns: str) -> tuple[int, str]:
        return status, code

    sts = SimpleNamespace(handle_request=handle, _error=error)
    federation.take(sts, given.note)
    body = urlencode({"Action": action, "WebIdentityToken": token}).encode()
    return asyncio.run(sts.handle_request("POST", "/", {}, body, {}))


def test_token_for_sts_is_taken_and_noted(given: Tokens) -> None:
    token = given.give("sts.amazonaws.com") or ""
    assert take(given, token) == "a key"
    assert given.told()["taken"] == [CLAIMS["sub"]]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no.token",
        "a.W10.b",
        tokens.token({**CLAIMS, "aud": "another.example"}),
        tokens.token({**CLAIMS, "aud": "sts.amazonaws.com", "exp": 1}),
    ],
)
def test_other_token_is_refused(given: Tokens, token: str) -> None:
    assert take(given, token) == (400, "InvalidIdentityToken")
    assert not given.told()["taken"]


def test_other_requests_to_sts_need_no_token(given: Tokens) -> None:
    assert take(given, "", action="GetCallerIdentity") == "a key"
    assert not given.told()["taken"]
