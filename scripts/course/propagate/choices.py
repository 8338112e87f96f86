"""What a person may choose in a conflict, and what was chosen.

A file that one side deleted, or that is no text, bears no markers: as it is there, it is one of
the sides already. So it is said which one, and how to take the other; and afterwards which one it
came to be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from course import names
from course.propagate.conflict_markers import marked_lines
from course.propagate.git_objects import Objects
from course.propagate.merge import Stages


def offered(
    objects: Objects,
    folder: str,
    tree: str,
    conflicts: Mapping[str, Stages],
    aside: Collection[str],
    sides: str,
) -> list[str]:
    """Return a line for each file in conflict that is there as one of its sides.

    Args:
        objects: the store's objects.
        folder: the link's folder.
        tree: the link's tree as the merge left it.
        conflicts: the files in conflict by path.
        aside: files that were put beside others of their name: no choice, they must go.
        sides: the folder in which all sides of each file lie.
    """
    lines = []
    for path, stages in sorted(conflicts.items()):
        entry = objects.file(tree, path)
        if entry is None or path in aside or entry not in (stages.ours, stages.theirs):
            continue
        if stages.ours is None and stages.base is not None:
            said = "this step deleted it, the edit changes it. It is there as the edit has it"
            other = "to leave it deleted, delete it first"
        elif stages.theirs is None and stages.base is not None:
            said = "the edit deletes it, this step changed it. It is there as this step has it"
            other = "to follow the edit, delete it first"
        elif stages.ours is None or stages.theirs is None:
            # Git named one file otherwise on each side; its own message says how.
            continue
        elif marked_lines(objects.blob(entry.blob)):
            continue
        else:
            mine = entry == stages.ours
            place = "edit" if mine else "step"
            said = f"no markers. It is there as {'this step' if mine else 'the edit'} has it"
            other = f"the other version is {names.shown(f'{sides}/{place}/{path}')}"
        lines.append(f"{names.shown(f'{folder}/{path}')}: {said}: --continue keeps it; {other}.")
    return lines


def taken(
    objects: Objects,
    folder: str,
    tree: str,
    conflicts: Mapping[str, Stages],
    aside: Collection[str],
) -> list[str]:
    """Return a line for each file in conflict that ended as one of its sides.

    The arguments are those of `offered`; ``tree`` is the link's tree as the person left it.
    """
    lines = []
    for path, stages in sorted(conflicts.items()):
        entry = objects.file(tree, path)
        if path in aside or stages.ours == stages.theirs:
            continue
        name = names.shown(path)
        if entry == stages.ours:
            said = f"keeps its own version of {name}" if entry else f"stays without {name}"
        elif entry == stages.theirs:
            said = f"took the edit's version of {name}" if entry else f"lost {name}, as in the edit"
        else:
            continue
        lines.append(f"{folder} {said}.")
    return lines
