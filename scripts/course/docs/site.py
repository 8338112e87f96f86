"""What pages are made from: the chain, each step's changes, how long they count as fresh."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from course import names
from course.chain import Chain, Link
from course.difference import changes
from course.difference.changes import Edit, FileChange
from course.docs.rendered_cache import Memory
from course.git import Entry
from course.repository import Repository


@dataclass(frozen=True)
class NotRun:
    """A piece of a page that was not run here, and why."""

    place: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Fault:
    """Something on a page that must be fixed.

    Attributes:
        place: the page's path from the root, or the file it is about.
        line: its line, from 1; 0 when it is about the whole page.
        problem: what is wrong.
        remedy: what to do about it.
    """

    place: str
    line: int
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        place = names.shown(self.place)
        where = f"{place}:{self.line}" if self.line else place
        problem = " ".join(self.problem.split())
        return f"{where}: {problem}" + (f" → {self.remedy}" if self.remedy else "")


@dataclass
class Site:
    """A course as its pages see it.

    Attributes:
        chain: its links.
        memory: rendered pieces.
        faults: what was wrong with the fences of the pages that were rendered, by page.
        seen: by page, the steps it drew on, each with its tree at that time.
    """

    chain: Chain
    memory: Memory
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    _changes: dict[tuple[str, str], dict[str, FileChange]] = field(default_factory=dict)
    _entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    _blobs: dict[str, bytes] = field(default_factory=dict)
    _read: set[tuple[str, str]] = field(default_factory=set)
    _hunks: dict[tuple[str, str], tuple[Edit, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, repository: Repository) -> Site:
        """Return the site of a course."""
        return cls(Chain(repository), Memory(repository))

    def changes(self, link: Link) -> dict[str, FileChange]:
        """Return what a step changes, by path."""
        key = self.chain.pair_of(link)
        if key not in self._changes:
            self._read_ahead()
            self._changes[key] = changes.of_step(self.chain, link, self.blobs, self._hunks)
        return self._changes[key]

    def entries(self, link: Link) -> dict[str, Entry]:
        """Return a step's files by path."""
        tree = self.chain.tree_of(link)
        if tree not in self._entries:
            self._read_entries()
        return self._entries[tree]

    def blobs(self, wanted: Iterable[str]) -> dict[str, bytes]:
        """Return the content of several blobs by name."""
        wanted = list(wanted)
        missing = [name for name in wanted if name not in self._blobs]
        self._blobs |= self.chain.store.blobs(missing)
        return {name: self._blobs[name] for name in wanted}

    def content(self, entry: Entry) -> bytes:
        """Return the content of one file; that of all files of the course is read with it."""
        if entry.blob not in self._blobs:
            self._read_ahead()
        return self.blobs([entry.blob])[entry.blob]

    def _read_ahead(self) -> None:
        """Read what the changes of all steps need: a few calls of git, however many steps."""
        pairs = {self.chain.pair_of(link) for link in self.chain} - self._read
        if not pairs:
            return
        self._hunks |= changes.hunks(self.chain.store, sorted(pairs))
        found = [entry for link in self.chain for entry in self.entries(link).values()]
        self.blobs(entry.blob for entry in found)
        # Last, so that nobody in another thread takes it for read too early.
        self._read |= pairs

    def _read_entries(self) -> None:
        chain = self.chain
        folders = {f"{link.folder}/": chain.tree_of(link) for link in chain}
        found: dict[str, dict[str, Entry]] = {tree: {} for tree in folders.values()}
        read = {folder for folder, tree in folders.items() if tree not in self._entries}
        for path, entry in chain.store.entries(chain.tree).items():
            top, _, rest = path.partition("/")
            folder = f"{top}/"
            if folder not in read:
                name, _, rest = rest.partition("/")
                folder = f"{folder}{name}/"
            if folder in read:
                found[folders[folder]][rest] = entry
        self._entries |= {folders[folder]: found[folders[folder]] for folder in read}

    def note(self, uri: str, link: Link) -> None:
        """Remember that a page drew on a step (and so on what it changes on the one before)."""
        seen = self.seen.setdefault(uri, {})
        for used in (self.chain.before(link), link):
            if used is not None:
                seen[used.name] = self.chain.tree_of(used)

    def is_stale(self, uri: str) -> bool:
        """Return whether a step that a page drew on has changed since."""
        trees = {link.name: self.chain.tree_of(link) for link in self.chain}
        return any(trees.get(name) != tree for name, tree in self.seen.get(uri, {}).items())

    def refresh(self) -> None:
        """Read the working copy again; what was made from trees that are still there stays."""
        self.chain.refresh()

    def href(self, uri: str, target: str) -> str:
        """Return the address of a page, or of another file of the site, from a page.

        Pages are files with the ending ``.html``, so that the site can be read without a server.
        """
        relative = posixpath.relpath(target, posixpath.dirname(uri) or ".")
        return relative.removesuffix(".md") + ".html" if relative.endswith(".md") else relative


# A build that is not started by the tool (`mkdocs build`, Zensical) has no site of its own to give
# to the extension; the extension then makes one, and reads the working copy again now and then.
_FRESH_FOR = 2.0
_lock = RLock()
_sites: dict[Path, tuple[Site, float]] = {}


def current(root: Path) -> Site:
    """Return the site of a course, shared by the pages of one build.

    Raises:
        CourseError: when the folder is in no course.
    """
    with _lock:
        repository = Repository.find(root)
        site, read = _sites.get(repository.root, (None, 0.0))
        if site is None:
            site = Site.of(repository)
        elif 0 <= read < time.monotonic() - _FRESH_FOR:
            site = Site(Chain(repository), site.memory, site.faults, site.seen)
        elif read < 0:
            return site
        else:
            return site
        _sites[repository.root] = (site, time.monotonic())
        return site


def use(site: Site) -> None:
    """Make the extension use this site until further notice."""
    with _lock:
        _sites[site.chain.repository.root] = (site, -1.0)


def forget(root: Path) -> None:
    """Let the extension make a site of its own again."""
    with _lock:
        _sites.pop(root, None)
