"""One merge: what is taken over without git is what git would have made of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.chain import Chain
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry
from course.journal import Plan
from course.propagate import merge as merging
from course.propagate.git_objects import Objects
from course.propagate.merge import Merger
from course.propagate.working_copy import plan_tree
from course.repository import Repository
from tests import propagation_chains as made


@pytest.fixture
def merger(tmp_path: Path) -> Iterator[Merger]:
    repository: Repository = made.make(tmp_path / "course", [{"a": (made.FILE, b"a")}])
    with Objects(Chain(repository).store) as objects:
        found = Merger(objects)
        yield found
        found.close()


def tree(merger: Merger, **files: str) -> str:
    """Store a tree; ``__`` in a name stands for a slash."""
    objects = merger.objects
    entries: dict[str, Entry | None] = {
        path.replace("__", "/"): Entry("100644", objects.write_blob(text.encode()))
        for path, text in files.items()
    }
    return objects.edit(EMPTY_TREE, entries)


def by_git(merger: Merger, base: str, ours: str, theirs: str) -> tuple[str, bool]:
    merged = merger._by_git(base, ours, theirs, ("ours", "theirs"))
    return merged.tree, bool(merged.conflicts)


CASES = {
    "modified": ({"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "1"}),
    "added": ({"a": "1"}, {"a": "2"}, {"a": "1", "x__y": "1"}),
    "deleted": ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1"}),
    "folder gone": ({"a": "1", "d__b": "1"}, {"a": "2", "d__b": "1"}, {"a": "1"}),
    "renamed": ({"a": "1\n" * 9, "b": "1"}, {"a": "1\n" * 9, "b": "2"}, {"c": "1\n" * 9, "b": "1"}),
    "both added": ({"a": "1"}, {"a": "1", "b": "1"}, {"a": "1", "b": "2"}),
    "file in the way": ({"a": "1"}, {"a": "1", "x": "1"}, {"a": "1", "x__y": "1"}),
    "folder in the way": ({"a": "1"}, {"a": "1", "x__y": "1"}, {"a": "1", "x": "1"}),
    "added where ours moved": (
        {"d__a": "1\n" * 9, "d__b": "2\n" * 9},
        {"e__a": "1\n" * 9, "e__b": "2\n" * 9},
        {"d__a": "1\n" * 9, "d__b": "2\n" * 9, "d__c": "3"},
    ),
    "same": ({"a": "1"}, {"a": "2"}, {"a": "2"}),
    "nothing": ({"a": "1"}, {"a": "2"}, {"a": "1"}),
    "ours untouched": ({"a": "1"}, {"a": "1"}, {"a": "2"}),
    "all new": ({}, {"a": "1"}, {"b": "2"}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_merge_is_git_s(merger: Merger, name: str) -> None:
    base, ours, theirs = (tree(merger, **files) for files in CASES[name])
    merged = merger.merge(base, ours, theirs)
    assert (merged.tree, bool(merged.conflicts)) == by_git(merger, base, ours, theirs)
    assert bool(merged.messages) == bool(merged.conflicts)


@pytest.mark.parametrize(
    ("name", "processes"), [("modified", 0), ("added", 0), ("deleted", 0), ("renamed", 1)]
)
def test_git_is_asked_only_where_it_must_decide(merger: Merger, name: str, processes: int) -> None:
    base, ours, theirs = (tree(merger, **files) for files in CASES[name])
    merger.merge(base, ours, theirs)
    assert merger.processes == processes


def test_a_nested_repository_is_git_s_to_merge(merger: Merger) -> None:
    base, ours = tree(merger, a="1"), tree(merger, a="1", b="1")
    theirs = merger.objects.edit(base, {"sub": Entry("160000", "1" * 40)})
    assert merger.merge(base, ours, theirs).tree == by_git(merger, base, ours, theirs)[0]
    with pytest.raises(CourseError, match="a git repository of its own"):
        plan_tree(Plan(), merger.objects, "steps/x", base, theirs)


def test_attributes_of_one_merge_do_not_reach_the_next(merger: Merger) -> None:
    rules = {"d__.gitattributes": "*.log merge=union\n", ".gitattributes": "x -text\n"}
    sides = [{"d__a.log": text} for text in ("1\n", "1\n2\n", "1\n3\n")]

    def merged(more: dict[str, str]) -> bool:
        base, ours, theirs = (tree(merger, **side, **more) for side in sides)
        return bool(merger.merge(base, ours, theirs).conflicts)

    assert [merged(rules), merged({}), merged(rules)] == [False, True, False]


def test_an_answer_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(CourseError, match="does not understand"):
        merging._parse(b"0" * 40 + b"\0\0\0")


def test_trees_are_written_as_git_writes_them(merger: Merger) -> None:
    rng = random.Random(1)
    objects = merger.objects
    for _ in range(30):
        files = made.first(rng)
        entries = {p: Entry(mode, objects.write_blob(data)) for p, (mode, data) in files.items()}
        found = objects.edit(EMPTY_TREE, dict(entries))
        assert found == objects.store.write_tree(entries)
        assert objects.files(found) == entries
        assert objects.edit(found, dict.fromkeys(entries)) == EMPTY_TREE
        later = made.edit(rng, files, 4)
        entries = {p: Entry(mode, objects.write_blob(data)) for p, (mode, data) in later.items()}
        new = objects.store.write_tree(entries)
        changes = objects.differences(found, new)
        assert objects.edit(found, {p: now for p, (_, now) in changes.items()}) == new
