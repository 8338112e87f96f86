"""How the data of a Postgres or Redis database is saved to files, and put into another one.

Of Postgres that is a dump by its own programs, of a Redis-protocol server each key as the server
writes it down, with the time that is left to it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from course.services import postgres

# What the services are called whose contents can be kept.
SERVICES = frozenset({"postgres", "redis"})
_DUMP = "postgres.dump"
_KEYS = "redis.json"

# For each service the addresses that a room has there.
Addresses = Mapping[str, tuple[str, ...]]


def keep(addresses: Addresses, folder: Path) -> bool:
    """Write down what is in a room; whether all of it could be."""
    if not set(addresses) <= SERVICES:
        return False
    if not all(postgres.dump(url, folder / _DUMP) for url in addresses.get("postgres", ())):
        return False
    numbers = addresses.get("redis", ())
    if numbers:
        from valkey.exceptions import ValkeyError

        try:
            told = [_keys(url) for url in numbers]
        except ValkeyError:
            return False
        (folder / _KEYS).write_text(json.dumps(told), encoding="ascii")
    return True


def fill(addresses: Addresses, folder: Path) -> bool:
    """Put what `keep` wrote into an empty room; whether that was done, and nothing of it if not."""
    if not all(postgres.restore(url, folder / _DUMP) for url in addresses.get("postgres", ())):
        return False
    numbers = addresses.get("redis", ())
    if numbers:
        from valkey.exceptions import ValkeyError

        try:
            told = json.loads((folder / _KEYS).read_text(encoding="ascii"))
            for url, keys in zip(numbers, told, strict=True):
                _put(url, keys)
        except (OSError, ValueError, ValkeyError):
            return False
    return True


def _keys(url: str) -> list[tuple[str, int, str]]:
    import valkey

    found = []
    with valkey.from_url(url) as client:  # type: ignore[no-untyped-call]
        for key in client.scan_iter():
            left, value = client.pttl(key), client.dump(key)
            if value is not None:
                words = (base64.b64encode(part).decode("ascii") for part in (key, value))
                found.append((next(words), max(0, left), next(words)))
    return sorted(found)


def _put(url: str, keys: list[tuple[str, int, str]]) -> None:
    import valkey

    with valkey.from_url(url) as client:  # type: ignore[no-untyped-call]
        for key, left, value in keys:
            client.restore(base64.b64decode(key), left, base64.b64decode(value), replace=True)
