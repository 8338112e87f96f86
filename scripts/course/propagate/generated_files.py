"""Files that a program makes: never merged, carried where nothing else speaks against it.

``.gitattributes`` says which they are (``linguist-generated``). A generated file that was edited
in one link is taken over by a later link that had it just so before; one that the later link has
in a version of its own is left, and must be regenerated from its source.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from typing import Any

from course.chain import GENERATED, Chain, Link
from course.git import Entry
from course.propagate.git_objects import Objects

# The tables of a Python project that its lock is made from (PEP 621, PEP 735, Poetry). An edit of
# any other table, a linter's say, needs no new lock.
PROJECT = "pyproject.toml"
_SOURCES = (
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("project", "requires-python"),
    ("dependency-groups",),
    ("tool", "poetry"),
)


class Marks:
    """Which paths of which links are generated, asked of git in as few calls as possible."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._known: dict[str, bool] = {}

    def ask(self, links: Iterable[Link], paths: Iterable[str]) -> None:
        """Ask git about some paths in each of some links, in one call."""
        wanted = list(paths)
        full = [f"{link.folder}/{path}" for link in links for path in wanted]
        new = [path for path in full if path not in self._known]
        for path, values in self.chain.store.attributes([GENERATED], new).items():
            self._known[path] = values.get(GENERATED) in ("set", "true")

    def generated(self, link: Link, paths: Iterable[str]) -> list[str]:
        """Return those of some paths that are generated in a link."""
        wanted = list(paths)
        self.ask([link], wanted)
        return [path for path in wanted if self._known[f"{link.folder}/{path}"]]


def take_over(
    objects: Objects, paths: Iterable[str], base: str, ours: str, theirs: str
) -> tuple[dict[str, Entry | None], list[str]]:
    """Return what becomes of the generated files that an edit touched.

    Returns:
        The files to set in the later link, and the paths that it has in a version of its own.
    """
    taken: dict[str, Entry | None] = {}
    stale = []
    for path in paths:
        old, own, new = (objects.file(tree, path) for tree in (base, ours, theirs))
        if own == old:
            taken[path] = new
        elif own != new:
            stale.append(path)
    return taken, stale


def needs_lock(objects: Objects, old: str, new: str) -> bool:
    """Whether what a lock is made from differs between two trees of a link."""
    before, after = objects.file(old, PROJECT), objects.file(new, PROJECT)
    if before == after or after is None:
        return False
    return before is None or _sources(objects, before) != _sources(objects, after)


def _sources(objects: Objects, entry: Entry) -> str:
    content = objects.blob(entry.blob)
    try:
        tables: Any = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return entry.blob
    found = []
    for keys in _SOURCES:
        value = tables
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        found.append(value)
    return json.dumps(found, sort_keys=True, default=str)
