"""STS: a job gives the token of its forge, and gets a key. Which tokens were taken is noted."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

_ACTION = "AssumeRoleWithWebIdentity"
_AUDIENCE = "sts.amazonaws.com"


def take(sts: Any, note: Callable[[str], None]) -> None:
    """Give a key for a token that is for STS and has not ended, and for no other.

    AWS also looks at the signature, and at what the role trusts.

    Args:
        sts: what gives the keys.
        note: is told the subject of each token that was taken.
    """
    handle = sts.handle_request

    async def handled(
        method: str, path: str, headers: Any, body: bytes, query: dict[str, list[str]]
    ) -> Any:
        asked = {**query, **parse_qs(body.decode("utf-8", "replace"))}
        if asked.get("Action") == [_ACTION]:
            said = claims((asked.get("WebIdentityToken") or [""])[0])
            if said.get("aud") != _AUDIENCE or float(said.get("exp", 0)) < time.time():
                text = "The token is not for STS, or has ended."
                return sts._error(400, "InvalidIdentityToken", text, ns="sts")
            note(str(said.get("sub", "")))
        return await handle(method, path, headers, body, query)

    sts.handle_request = handled


def claims(token: str) -> dict[str, Any]:
    """Return what a token says; nothing, if it is none."""
    try:
        part = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
