"""From trees to the working copy: what the journal is to do so that a folder holds a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from course.errors import CourseError
from course.git import Entry
from course.journal import Plan, Remove, Write
from course.propagate.git_objects import SUBMODULE, Objects


def plan_tree(
    plan: Plan,
    objects: Objects,
    folder: str,
    working: str,
    wanted: str,
    known: Iterable[str] = (),
    own: Callable[[str], bool] = lambda path: False,
) -> None:
    """Add to a plan what makes a folder hold a tree.

    Args:
        plan: the plan.
        objects: the store's objects.
        folder: the folder from the root.
        working: the tree that is there now.
        wanted: the tree that is to be there.
        known: trees that can be had again; what replaces a file of none of them keeps a backup.
        own: says of a path whether the tool itself wrote what is there, so that it needs none.

    Raises:
        CourseError: when a repository inside the folder would have to change.
    """
    trees = list(known)
    for path, (old, new) in objects.differences(working, wanted).items():
        if SUBMODULE in (old and old.mode, new and new.mode):
            raise CourseError(
                f"{folder}/{path} is a git repository of its own, which no snapshot may hold.",
                f"Move {folder}/{path} out of the course.",
            )
        keep = old is not None and not _known(objects, trees, path, old) and not own(path)
        if new is None:
            assert old is not None
            plan.removals.append(Remove(f"{folder}/{path}", old, keep))
        else:
            content = objects.blob(new.blob)
            plan.writes.append(Write(f"{folder}/{path}", content, old, new.mode, keep))


def _known(objects: Objects, trees: list[str], path: str, entry: Entry) -> bool:
    for tree in trees:
        found = objects.file(tree, path)
        if found is not None and found.blob == entry.blob:
            return True
    return False
