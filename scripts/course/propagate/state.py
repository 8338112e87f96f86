"""What was carried already, and where a conflict stopped it: ``.course/propagate/state.json``.

The state is written in the same plan as the links, so the two never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from course.chain import Chain
from course.errors import CourseError
from course.git import Entry
from course.propagate.merge import Stages
from course.propagate.objects import Objects
from course.repository import Repository

FOLDER = ".course/propagate"
FILE = f"{FOLDER}/state.json"


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
        mended: slugs of links that a person mended since.
        start: the slug of the first link whose edits are carried; empty for all.
        stop: the link that waits for a person; None when the operation has ended.
        relock: slugs of links whose generated files must be made anew.
        previous: the state that this operation found, for ``--abort``.
    """

    commit: str
    carried: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    start: str = ""
    stop: Stop | None = None
    relock: list[str] = field(default_factory=list)
    previous: dict[str, Any] | None = None

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
    stop = data.get("stop")
    return State(**{**data, "stop": Stop(**stop) if stop else None})


def refuse_while_stopped(repository: Repository, verb: str) -> None:
    """Raise an error when a propagation waits for a person.

    Raises:
        CourseError: with the two ways out.
    """
    state = load(repository)
    if state is not None and state.stop is not None:
        raise CourseError(
            f"`course {verb}` must wait: a propagation stopped at {state.stop.slug!r}.",
            "Mend it, then: course propagate --continue   (or: course propagate --abort)",
        )


def bases(
    chain: Chain,
    objects: Objects,
    committed: Mapping[str, str],
    working: Mapping[str, str],
    state: State | None,
) -> dict[str, str]:
    """Return, by slug, the tree of each link that the link after it has taken in.

    That is the committed one; but for files whose edit was carried since, it is the carried one,
    so that a second call carries only what is new. A file that was put back since (by ``git
    checkout``, say) counts as never carried.
    """
    found = dict(committed)
    if state is None:
        return found
    for link in chain:
        after = chain.after(link)
        slug = link.step.slug
        if after is None and state.written.get(slug) == working[slug]:
            found[slug] = working[slug]
        if after is None or slug not in state.carried:
            continue
        later = after.step.slug
        changes: dict[str, Entry | None] = {}
        for path, (old, new) in objects.differences(committed[slug], state.carried[slug]).items():
            here = objects.file(working[slug], path)
            there = objects.file(working[later], path)
            there_committed = objects.file(committed[later], path)
            there_written = (
                objects.file(state.written[later], path) if later in state.written else there
            )
            put_back = there == there_committed and (there_written != there or here == old)
            if not put_back:
                changes[path] = new
        found[slug] = objects.edit(committed[slug], changes)
    return found
