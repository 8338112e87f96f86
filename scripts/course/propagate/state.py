"""What was carried, where it stopped: ``.course/propagate/state.json``; older memories kept.

The state is written in the same plan as the links. What others do to the links later, git above
all, it cannot know: `lineage` says what of it still stands.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from course.errors import CourseError
from course.git import Entry
from course.propagate.merge import Stages
from course.repository import Repository, replacing

FOLDER = ".course/propagate"
FILE = f"{FOLDER}/state.json"
SIDES = f"{FOLDER}/sides"
# So many memories of earlier operations are kept.
_OLDER = 10


@dataclass
class Stop:
    """A link that waits for a person.

    Attributes:
        slug: the link's slug.
        conflicts: by path inside the link, the names of the three sides as ``[mode, blob]``.
        messages: what git said.
        aside: files that git put beside others of the same name, for the person to sort out.
    """

    slug: str
    conflicts: dict[str, list[list[str] | None]]
    messages: list[str]
    aside: list[str] = field(default_factory=list)

    def stages(self) -> dict[str, Stages]:
        """Return the conflicts as the merge gave them."""
        return {
            path: Stages(*(Entry(*side) if side else None for side in sides))
            for path, sides in self.conflicts.items()
        }


@dataclass
class State:
    """How far each link's edits have come.

    Attributes:
        commit: the commit that the edits are measured from.
        carried: by slug, the tree whose difference the next link has taken in.
        written: by slug, the tree that the tool left in the link's folder.
        before: by slug, the tree that lay there when this operation began.
        fixed: slugs of links that a person fixed since.
        start: the slug of the first link whose edits are carried; empty for all.
        stop: the link that waits for a person; None when the operation has ended.
        relock: slugs of links whose generated files must be regenerated.
        previous: the state that this operation found, for ``--abort``.
        committed: by slug, the tree that the commit had for each link.
        stamps: the times of modification, in nanoseconds, that the tool gave to what it wrote.
        older: what earlier operations had carried, the last one first, each as `memory` returns it:
            ``git stash pop`` may bring back what was there before a later one.
    """

    commit: str
    carried: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    fixed: list[str] = field(default_factory=list)
    start: str = ""
    stop: Stop | None = None
    relock: list[str] = field(default_factory=list)
    previous: dict[str, Any] | None = None
    committed: dict[str, str] = field(default_factory=dict)
    stamps: list[int] = field(default_factory=list)
    older: list[dict[str, dict[str, str]]] = field(default_factory=list)

    def memory(self) -> dict[str, dict[str, str]]:
        """Return what it says of carried edits, apart from where the operation stands."""
        return {"committed": self.committed, "carried": self.carried, "written": self.written}

    def memories(self) -> list[dict[str, dict[str, str]]]:
        """Return its own memory and the older ones, the latest first, each of them once."""
        found: list[dict[str, dict[str, str]]] = []
        for memory in (self.memory(), *self.older):
            if memory not in found and memory["carried"] != memory["committed"]:
                found.append(memory)
        return found[:_OLDER]

    def dump(self) -> bytes:
        """Return it as it is kept in its file."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def load(repository: Repository) -> State | None:
    """Return what was kept; None when nothing was carried yet.

    Raises:
        CourseError: when the file is not what the tool wrote.
    """
    path = repository.root / FILE
    try:
        return parse(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise CourseError(
            f"{FILE} cannot be read: {error}",
            f"Delete the folder {FOLDER}; edits are then measured from the last commit.",
        ) from None


def parse(data: Mapping[str, Any]) -> State:
    """Return the state from what `State.dump` wrote."""
    values = dict(data)
    if "mended" in values:  # The key of earlier versions of the tool.
        values["fixed"] = values.pop("mended")
    stop = values.pop("stop", None)
    return State(**values, stop=Stop(**stop) if stop else None)


def forget_stop(repository: Repository, state: State) -> None:
    """Let a propagation wait no longer, of which nothing is left in the working copy.

    Args:
        repository: the course.
        state: the state; what it remembers of carried edits stays.
    """
    state.stop, state.previous, state.before, state.fixed = None, None, {}, []
    path = repository.root / FILE
    with replacing(path) as fresh:
        fresh.write_bytes(state.dump())
    shutil.rmtree(repository.root / SIDES, ignore_errors=True)
