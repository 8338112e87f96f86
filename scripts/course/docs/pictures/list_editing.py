"""The list of pictures as text, changed as a person would: the rest of it stays byte for byte."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

_TABLE = re.compile(r"(?m)^(?=\[\[picture\]\])")


def names(text: str, slug: str) -> list[str]:
    """Return the names of a step's pictures; none if the list cannot be read."""
    try:
        tables = tomllib.loads(text).get("picture", [])
    except tomllib.TOMLDecodeError:
        return []
    return [str(table.get("name")) for table in tables if table.get("step") == slug]


def renamed(text: str, old: str, new: str) -> dict[str, str]:
    """Return the new names of a step's pictures, by old ones, when the step gets another slug.

    A picture follows when it is called as the step is, or so with a hyphen and more.
    """
    found = names(text, old) if new != old else []
    changed = {
        name: new + name.removeprefix(old)
        for name in found
        if name == old or name.startswith(f"{old}-")
    }
    taken = {match[1] for match in re.finditer(r'(?m)^name = "(.+)"$', text)} - set(changed)
    return {name: other for name, other in changed.items() if other not in taken}


def rename(text: str, old: str, new: str) -> str:
    """Return the list after a step got another slug."""
    pictures = renamed(text, old, new)

    def follow(table: str) -> str:
        if not _is_of(table, old):
            return table
        table = re.sub(rf'(?m)^(step = "){re.escape(old)}(?=")', rf"\g<1>{new}", table, count=1)
        return re.sub(
            r'(?m)^(name = ")([^"]+)(?=")',
            lambda match: match[1] + pictures.get(match[2], match[2]),
            table,
            count=1,
        )

    return "".join(map(follow, _TABLE.split(text)))


def without(text: str, slug: str) -> str:
    """Return the list after a step was taken out."""
    return "".join(table for table in _TABLE.split(text) if not _is_of(table, slug))


def keys(text: str, pictures: Mapping[str, str], gone: frozenset[str] = frozenset()) -> str:
    """Return the kept fingerprints, or sums, after pictures got other names, or are gone."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return text
    if not isinstance(found, dict):
        return text
    kept = {pictures.get(name, name): value for name, value in found.items() if name not in gone}
    return json.dumps(dict(sorted(kept.items())), indent=2) + "\n"


def _is_of(table: str, slug: str) -> bool:
    return re.search(rf'(?m)^step = "{re.escape(slug)}"', table) is not None
