"""Rendered pieces kept in ``.course/docs/rendered``: their key, how many, stand-ins.

A key holds the code of the views too, so that nothing made by another version of them is used.

A build by the tool *defers*: a page gets a stand-in for each piece, and the pieces are put in place
when MkDocs is done. MkDocs reads every page three times over as HTML; the code of 1,200 diffs costs
it more than all else together. The pages come out the same, byte for byte, either way.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from course.docs.highlight import attribute, escape
from course.errors import CourseError
from course.repository import Repository, write_if_changed

# Stands for a number that is different in each figure of a page, so that the HTML can be kept.
ID = "COURSE-FIGURE-ID"

# More pieces than this, and the memory is emptied: it holds what is in no page any more.
_MOST = 20_000
# Fewer pieces than this are made faster without helpers.
_WORTH_HELP = 40
_STAND_IN = re.compile(
    r'<figure data-course-piece="(?P<key>[0-9a-f]+)" data-anchor="(?P<anchor>[^"]*)"'
    r' data-number="(?P<number>\d+)">.*?</figure>'
)


@cache
def code_version() -> str:
    """Return what identifies the code that renders: its source, and the highlighter's version."""
    digest = hashlib.sha256(version("pygments").encode())
    docs = Path(__file__).parent
    for room in (docs, docs / "views", docs.parent / "difference"):
        for module in sorted(room.glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()


class Memory:
    """Pieces of HTML by key; in the process first, then on the disk.

    Args:
        repository: the course whose folder of state keeps them.
    """

    def __init__(self, repository: Repository) -> None:
        self.folder = repository.state / "docs" / "rendered"
        self.deferring = False
        self._known: dict[str, str] = {}
        self._waiting: dict[str, tuple[str, Callable[[], str]]] = {}

    def key(self, *parts: str) -> str:
        """Return the key for everything that a piece depends on, but for the code."""
        digest = hashlib.sha256(code_version().encode())
        for part in parts:
            digest.update(b"\0" + part.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:40]

    def has(self, key: str) -> bool:
        """Return whether a piece was made, or is going to be."""
        return key in self._known or key in self._waiting or self._path(key).exists()

    def get(self, key: str, make: Callable[[], str]) -> str:
        """Return the piece for a key, made if it is not known."""
        if key in self._known:
            return self._known[key]
        path = self._path(key)
        try:
            piece = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            piece = make()
            write_if_changed(path, piece.encode("utf-8"))
        self._known[key] = piece
        return piece

    def figure(
        self, key: str, name: str, make: Callable[[], str], *, anchor: str, number: int
    ) -> str:
        """Return a figure, or its stand-in while the memory defers.

        Args:
            key: the figure's key.
            name: what a search should find in its place.
            make: makes the figure.
            anchor: its id on the page; empty for none.
            number: its number on the page.
        """
        if not self.deferring:
            return finished(self.get(key, make), anchor, number)
        if not self.has(key):
            self._waiting[key] = (name, make)
        return (
            f'<figure data-course-piece="{key}" data-anchor="{attribute(anchor)}"'
            f' data-number="{number}"><code>{escape(name)}</code></figure>'
        )

    def settle(self, html: str) -> str:
        """Return a built page with its figures in place of their stand-ins."""

        def figure(match: re.Match[str]) -> str:
            piece = self.get(match["key"], lambda: self._make(match["key"]))
            return finished(piece, match["anchor"], int(match["number"]), escaped=True)

        return _STAND_IN.sub(figure, html)

    def make_waiting(self) -> None:
        """Make the pieces that pages wait for; with helpers where that is safe and worth it."""
        # The versions of one file follow each other, so that each is coloured once.
        keys = sorted(self._waiting, key=lambda key: self._waiting[key][0])
        workers = os.cpu_count() or 1
        # Elsewhere a helper would have to be told everything that this process knows.
        forks = sys.platform == "linux" and workers > 1
        if forks and len(keys) >= _WORTH_HELP:
            size = -(-len(keys) // workers)
            context = multiprocessing.get_context("fork")
            helpers = [
                context.Process(target=self._make_all, args=(keys[start : start + size],))
                for start in range(size, len(keys), size)
            ]
            for helper in helpers:
                helper.start()
            self._make_all(keys[:size])
            for helper in helpers:
                helper.join()
        for key in keys:
            # What a helper did not manage is made here, where its error is heard.
            self.get(key, self._waiting[key][1])
        self._waiting.clear()

    def _make_all(self, keys: Sequence[str]) -> None:
        for key in keys:
            write_if_changed(self._path(key), self._waiting[key][1]().encode("utf-8"))

    def _make(self, key: str) -> str:
        if key not in self._waiting:
            raise CourseError("a piece of a page is gone.", "course docs build, once more")
        return self._waiting[key][1]()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]

    def sweep(self) -> None:
        """Empty the memory when it has grown too large."""
        if sum(1 for _ in self.folder.glob("*/*")) > _MOST:
            shutil.rmtree(self.folder, ignore_errors=True)


def finished(html: str, anchor: str, number: int, *, escaped: bool = False) -> str:
    """Return a figure with its own number, and with an anchor if it has one."""
    if anchor:
        value = anchor if escaped else attribute(anchor)
        html = html.replace("<figure ", f'<figure id="{value}" ', 1)
    return html.replace(ID, f"cd-{number}", 2)
