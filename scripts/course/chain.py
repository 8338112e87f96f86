"""The links in order: number and width in a folder's name, finding one by name, its git tree.

A link's tree is what is in its folder now, changes that are not committed included, without
what git ignores.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from course import catalogue, names
from course.catalogue import Course, Final, Step
from course.errors import CourseError
from course.git import EMPTY_TREE, Change, Entry, Pair, Store
from course.repository import Repository

STEPS = "steps"
FINAL = "final"
# What stands for the link before the first one, where a person names a step to begin from.
NOTHING = "nothing"
GENERATED = "linguist-generated"
VENDORED = "linguist-vendored"
_Said = TypeVar("_Said")


@dataclass(frozen=True)
class Link:
    """A step, or the final snapshot.

    Attributes:
        position: its place in the chain, from 0.
        number: its number from 1, or None for the final snapshot.
        step: what the catalogue says of it.
        width: how many digits a number has in a folder's name.
    """

    position: int
    number: int | None
    step: Step
    width: int = 2

    @property
    def name(self) -> str:
        """Its short name: ``03-configuration``, or ``final``."""
        return FINAL if self.number is None else f"{self.number:0{self.width}}-{self.step.slug}"

    @property
    def label(self) -> str:
        """What stands for it in a narrow column: ``03``, or ``final``."""
        return FINAL if self.number is None else f"{self.number:0{self.width}}"

    @property
    def folder(self) -> str:
        """Its folder from the root, with ``/`` on every system."""
        return FINAL if self.number is None else f"{STEPS}/{self.name}"

    @property
    def is_copy(self) -> bool:
        """Whether it is, for now, a copy of the link before."""
        return isinstance(self.step, Final) and self.step.copy_of_last


class Chain:
    """The links of a course, and their content.

    Args:
        repository: where the course lies.
        course: its catalogue, if it was read already.

    Raises:
        CourseError: when the catalogue cannot be used.
    """

    def __init__(self, repository: Repository, course: Course | None = None) -> None:
        self.repository = repository
        self.course = course or catalogue.read(repository.catalogue)
        self.links = links(self.course)
        self.store = Store(repository)
        # What git said of trees, and of pairs of them, stays true; what it said of paths, until
        # `refresh`.
        self._entries: dict[tuple[str, str], dict[str, Entry]] = {}
        self._changes: dict[Pair, list[Change]] = {}
        self._line_counts: dict[Pair, dict[str, tuple[int, int]]] = {}
        self._attributes: dict[str, dict[str, str]] = {}

    def __iter__(self) -> Iterator[Link]:
        return iter(self.links)

    def before(self, link: Link) -> Link | None:
        """Return the link before, or None for the first."""
        return self.links[link.position - 1] if link.position else None

    def after(self, link: Link) -> Link | None:
        """Return the link after, or None for the last."""
        position = link.position + 1
        return self.links[position] if position < len(self.links) else None

    def find(self, text: str) -> Link:
        """Return the link a person means: by number, slug, folder's name or path.

        Raises:
            CourseError: when there is none, with the names there are.
        """
        wanted = text.strip().replace(os.sep, "/").rstrip("/").removeprefix("./")
        wanted = wanted.removeprefix(f"{STEPS}/")
        for link in self.links:
            if wanted in (link.name, link.step.slug, link.folder):
                return link
            if link.number is not None and re.fullmatch(r"\d+", wanted):
                if int(wanted) == link.number:
                    return link
        if os.path.isdir(text):
            place = Path(text).resolve()
            for link in self.links:
                if place == self.path(link):
                    return link
        names = ", ".join(link.name for link in self.links)
        raise CourseError(f"There is no step {text!r}. There are: {names}.", "course list")

    @cached_property
    def tree(self) -> str:
        """The tree that holds every link as it is in the working copy."""
        self._refuse_links()
        return self.store.snapshot(STEPS, FINAL)

    def _refuse_links(self) -> None:
        """Refuse a symbolic link in the place of a step's folder: git sees no file behind it."""
        root = self.repository.root
        for folder in (STEPS, *(link.folder for link in self.links)):
            if (root / folder).is_symlink():
                place = os.path.realpath(root / folder)
                there = f"mv {names.word(place)}" if os.path.exists(place) else "git checkout --"
                raise CourseError(
                    f"{folder} is a symbolic link, behind which git sees no file.",
                    f"Put the folder itself there: rm {folder} && {there} {folder}",
                )

    @cached_property
    def trees(self) -> dict[str, str]:
        """The tree of every link by its name, as it is in the working copy."""
        return self.trees_at(self.tree)

    def trees_at(self, root: str) -> dict[str, str]:
        """Return the tree of every link below a root tree, by the link's name."""
        if not root:
            return {link.name: EMPTY_TREE for link in self.links}
        found = self.store.subtrees(root, [link.folder for link in self.links])
        return {link.name: found[link.folder] for link in self.links}

    def folders(self) -> set[str]:
        """Return the names of the folders in which the steps should lie, as git sees them.

        A folder in which git sees no file (what is left of a step after a checkout) is none.
        """
        steps = self.store.subtree(self.tree, STEPS)
        if steps == EMPTY_TREE:
            return set()
        raw = self.store.run("ls-tree", "-d", "-z", "--name-only", steps)
        return set(filter(None, raw.decode("utf-8", "surrogateescape").split("\0")))

    def tree_of(self, link: Link) -> str:
        """Return a link's tree; the empty tree when its folder is missing."""
        return self.trees[link.name]

    def refresh(self) -> None:
        """Read the working copy again when it is next asked for."""
        for name in ("tree", "trees"):
            self.__dict__.pop(name, None)
        self._attributes.clear()

    def entries(self, link: Link) -> dict[str, Entry]:
        """Return a link's files by path inside its folder."""
        key = self.tree_of(link), link.folder
        if key not in self._entries:
            self._entries[key] = self.store.entries(*key)
        return dict(self._entries[key])

    def read(self, link: Link, path: str) -> bytes:
        """Return the content of one file of a link.

        Raises:
            CourseError: when the link has no such file.
        """
        entry = self.entries(link).get(path)
        if entry is None:
            raise CourseError(f"{link.folder} has no file {path}.", f"course show {link.label}")
        return self.store.blobs([entry.blob])[entry.blob]

    def changes(self, link: Link) -> list[Change]:
        """Return what a link changes on the one before (everything is new in the first)."""
        found = self._said_of(link, self._changes, self.store.changes_between)
        return list(found)

    def line_counts(self, link: Link) -> dict[str, tuple[int, int]]:
        """Return how many lines a link adds to and removes from each file, by path."""
        found = self._said_of(link, self._line_counts, self.store.lines_between)
        return dict(found)

    def pair_of(self, link: Link) -> Pair:
        """Return the trees of the link before and of a link itself."""
        before = self.before(link)
        return self.tree_of(before) if before else EMPTY_TREE, self.tree_of(link)

    def _said_of(
        self,
        link: Link,
        known: dict[Pair, _Said],
        ask: Callable[[Iterable[Pair]], dict[Pair, _Said]],
    ) -> _Said:
        """Return what git says of a link's two trees; it is asked about all links at once."""
        pair = self.pair_of(link)
        if pair not in known:
            known.update(ask([other for other in map(self.pair_of, self) if other not in known]))
        return known[pair]

    def marked(self, link: Link, paths: list[str]) -> dict[str, str]:
        """Return the files among these that are generated or vendored, each with which it is.

        What ``.gitattributes`` marks ``linguist-generated`` or ``linguist-vendored`` is made by a
        program or is other people's work.
        """
        full = {f"{link.folder}/{path}": path for path in paths}
        if any(path not in self._attributes for path in full):
            self._read_attributes(full)
        marks = {}
        for path in full:
            values = self._attributes[path]
            if values.get(VENDORED) in ("set", "true"):
                marks[full[path]] = "vendored"
            elif values.get(GENERATED) in ("set", "true"):
                marks[full[path]] = "generated"
        return marks

    def _read_attributes(self, paths: Iterable[str]) -> None:
        """Ask git for the attributes of some paths, and of all that any link changes."""
        changed = (f"{link.folder}/{c.path}" for link in self for c in self.changes(link))
        wanted = dict.fromkeys((*paths, *changed))
        missing = [path for path in wanted if path not in self._attributes]
        self._attributes |= self.store.attributes([GENERATED, VENDORED], missing)

    def path(self, link: Link) -> Path:
        """Return a link's folder on this machine."""
        return self.repository.root / link.folder


def links(course: Course) -> list[Link]:
    """Return the links of a course in order."""
    width = max(2, len(str(len(course.steps))))
    chain = [Link(i, i + 1, step, width) for i, step in enumerate(course.steps)]
    if course.final is not None:
        chain.append(Link(len(chain), None, course.final, width))
    return chain
