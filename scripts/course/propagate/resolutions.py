"""The same conflict is solved once: git's ``rerere`` in a work tree of the tool's own.

What a person made of a conflict is remembered for as long as one propagation lasts, and put in
place when a later link has the same conflict, in whatever file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from course import workspace
from course.chain import Link
from course.git import Entry
from course.propagate.conflict_markers import marked_lines
from course.propagate.git_objects import Objects
from course.propagate.merge import Merged, Stages


class Resolutions:
    """Remembers and replays how conflicts were solved.

    Args:
        objects: the store's objects.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.store = objects.store
        self.folder = self.store.repository.state / "propagate" / "rerere"

    def solve(self, link: Link, merged: Merged) -> dict[str, Entry]:
        """Return the files of a merge in conflict that were solved before, as they were.

        The others are remembered as they are now, so that `record` can learn from them.
        """
        return self.replay(merged.tree, merged.conflicts)

    def replay(self, tree: str, conflicts: Mapping[str, Stages]) -> dict[str, Entry]:
        """As `solve`, for a tree with markers and its conflicts."""
        texts = self._texts(tree, conflicts)
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        (self.store.folder / "MERGE_RR").unlink(missing_ok=True)
        if not texts:
            return {}
        work.mkdir(parents=True)
        workspace.write_entries(self.store, texts, work)
        lines = "".join(
            f"{side.mode} {side.blob} {number}\t{path}\0"
            for path in texts
            for number, side in enumerate(
                (conflicts[path].base, conflicts[path].ours, conflicts[path].theirs), 1
            )
            if side is not None
        )
        (self.folder / "index").unlink(missing_ok=True)
        self._git("update-index", "-z", "--index-info", stdin=lines)
        self._git("rerere")
        solved = {}
        for path, entry in texts.items():
            content = (work / path).read_bytes()
            if not marked_lines(content):
                mode = (conflicts[path].ours or entry).mode
                solved[path] = Entry(mode, self.objects.write_blob(content))
        return solved

    def record(self, tree: str, paths: Iterable[str]) -> None:
        """Remember how a person solved the conflicts that `solve` saw last.

        Args:
            tree: the link's tree, fixed.
            paths: the files that were in conflict.
        """
        work = self.folder / "work"
        if not work.exists():
            return
        for path in paths:
            entry = self.objects.file(tree, path)
            if entry is not None and (work / path).exists() and entry.mode.startswith("100"):
                (work / path).write_bytes(self.objects.blob(entry.blob))
        self._git("rerere")

    def forget(self) -> None:
        """Forget every resolution: the propagation has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.store.folder / "rr-cache", ignore_errors=True)
        (self.store.folder / "MERGE_RR").unlink(missing_ok=True)

    def _texts(self, tree: str, conflicts: Mapping[str, Stages]) -> dict[str, Entry]:
        """Return the files of a tree that hold markers, and whose both sides are files."""
        found = {}
        for path, stages in conflicts.items():
            sides = (stages.ours, stages.theirs)
            entry = self.objects.file(tree, path)
            if entry is None or any(s is None or not s.mode.startswith("100") for s in sides):
                continue
            if marked_lines(self.objects.blob(entry.blob)):
                found[path] = entry
        return found

    def _git(self, *words: str, stdin: str = "") -> None:
        work: Path = self.folder / "work"
        self.store.run(
            "-c",
            "rerere.enabled=true",
            "-C",
            work,
            *words,
            stdin=stdin.encode("utf-8", "surrogateescape"),
            env={"GIT_INDEX_FILE": str(self.folder / "index"), "GIT_WORK_TREE": str(work)},
        )
