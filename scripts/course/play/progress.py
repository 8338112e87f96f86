"""A learner's progress: fields of progress.json, finished steps, the marks in the list.

It is kept in ``.course/playground/progress.json``, by slugs and not by numbers, so that it stays
true when steps are inserted. How a step was when the learner began from it is kept by content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from course.chain import Chain, Link
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry
from course.repository import Repository

FILE = ".course/playground/progress.json"
# How a list of the steps marks one that is finished, and the next.
FINISHED, NEXT = "✓", "→"


@dataclass(frozen=True)
class Progress:
    """Where a learner is.

    Attributes:
        begun: the slug of the step that the playground began from; empty for an empty folder.
        tree: that step's tree as it was then.
        aim: the slug of the step worked towards, when it was last looked at; empty without one.
        files: the blobs of the aim's files by path, as they were then.
        finished: by slug, the day on which the tests of a step passed.
    """

    begun: str = ""
    tree: str = EMPTY_TREE
    aim: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    finished: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return it as it is kept."""
        return (json.dumps(self.__dict__, indent=1, sort_keys=True) + "\n").encode("utf-8")

    def moved(self, link: Link | None, tree: str, aim: Link | None, chain: Chain) -> Progress:
        """Return it for a playground that now has a step.

        Args:
            link: the step; None for an empty folder.
            tree: its tree.
            aim: the step that is next.
            chain: the chain.
        """
        return replace(
            self,
            begun=link.step.slug if link else "",
            tree=tree,
            aim=aim.step.slug if aim else "",
            files=blobs(chain.entries(aim)) if aim else {},
        )

    def with_finished(self, link: Link) -> Progress:
        """Return it with one more finished step, finished today."""
        day = date.today().isoformat()
        return replace(self, finished={**self.finished, link.step.slug: day})


def blobs(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the blobs of files by path."""
    return {path: entry.blob for path, entry in entries.items()}


def read(repository: Repository) -> Progress | None:
    """Return where the learner is; None when nothing was begun yet.

    Raises:
        CourseError: when the file cannot be read.
    """
    path = repository.root / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return decoded(found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise CourseError(
            f"{FILE}, which remembers where you are, cannot be read.",
            f"course play STEP   (begins again; your playground and {FILE} are kept as a backup)",
        ) from None


def decoded(found: Any) -> Progress:
    """Return what `Progress.encoded` wrote, after JSON has read it.

    Raises:
        KeyError, TypeError: when it is something else.
    """
    begun, tree, aim = (_text(found[key]) for key in ("begun", "tree", "aim"))
    files, finished = (_texts(found[key]) for key in ("files", "finished"))
    return Progress(begun, tree, aim, files, finished)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError
    return {_text(key): _text(found) for key, found in value.items()}


def begun_link(chain: Chain, progress: Progress) -> Link | None:
    """Return the step that the playground began from; None for an empty folder.

    A step that was renamed since is known by its content.

    Raises:
        CourseError: when the course has no such step any more.
    """
    if not progress.begun:
        return None
    for link in chain:
        if link.step.slug == progress.begun:
            return link
    for link in chain:
        if not link.is_copy and chain.tree_of(link) == progress.tree:
            return link
    raise CourseError(
        f"Your playground began from {progress.begun!r}, which the course no longer has.",
        "course play STEP   (course list says which there are; yours is kept as a backup)",
    )


def next_link(chain: Chain, link: Link | None) -> Link | None:
    """Return the step to do after a step; None after the last.

    A link that is declared a copy of the one before is nothing to do.
    """
    found = chain.links[0] if link is None else chain.after(link)
    return None if found is None or found.is_copy else found


def marks(chain: Chain, progress: Progress) -> dict[str, str]:
    """Return by slug the mark of each step that is finished, and of the one to do next."""
    found = dict.fromkeys(progress.finished, FINISHED)
    try:
        aim = next_link(chain, begun_link(chain, progress))
    except CourseError:
        return found
    return {aim.step.slug: NEXT} | found if aim else found


def named(link: Link | None) -> str:
    """Return a step's name as it is told to a learner."""
    return link.name if link else "an empty folder"
