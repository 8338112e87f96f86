"""One three-way merge of trees, as git does it.

What only one side touched is taken over without asking git: that is what its merge comes to when
no file can have been renamed. Everything else goes to ``git merge-tree --write-tree``, which is
the merge of ``git rebase`` (the backend "ort") without index and working tree. Git 2.38 has it;
``--merge-base`` came with 2.40, so the base is given as the parent of two commits made for the
purpose.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course import git, workspace
from course.errors import CourseError
from course.git import Entry
from course.propagate.git_objects import FOLDER, SUBMODULE, Objects
from course.workspace import Workspace

ATTRIBUTES = ".gitattributes"


@dataclass(frozen=True)
class Stages:
    """The three sides of a file in conflict, as git's index would hold them.

    Attributes:
        base: the file as both sides had it.
        ours: as the later link has it.
        theirs: as the edit made it.
    """

    base: Entry | None = None
    ours: Entry | None = None
    theirs: Entry | None = None


@dataclass(frozen=True)
class Merged:
    """What a merge came to.

    Attributes:
        tree: the result; where it is in conflict, what git would leave in the working tree.
        conflicts: the files in conflict by path; empty for a clean merge.
        messages: what git says about each conflict, in its own words.
    """

    tree: str
    conflicts: Mapping[str, Stages] = field(default_factory=dict)
    messages: tuple[str, ...] = ()


class Merger:
    """Merges trees of one store.

    Args:
        objects: the store's objects.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.processes = 0
        self._space: Workspace | None = None

    def close(self) -> None:
        """Take away the folder that held attributes for git."""
        if self._space is not None:
            workspace.remove(self._space.folder)
            self._space = None

    def merge(
        self, base: str, ours: str, theirs: str, labels: tuple[str, str] = ("ours", "theirs")
    ) -> Merged:
        """Return the merge of two trees that came from a third.

        Args:
            base: the tree both came from.
            ours: the later link.
            theirs: the link before it, edited.
            labels: what stands beside the markers for ours and for theirs; valid names of
                branches.
        """
        if base == theirs or ours == theirs:
            return Merged(ours)
        if base == ours:
            return Merged(theirs)
        return self._taken_over(base, ours, theirs) or self._by_git(base, ours, theirs, labels)

    def _taken_over(self, base: str, ours: str, theirs: str) -> Merged | None:
        """Return the merge where only one side touched each file; None where git must decide.

        A merge is a matter of single files as long as nothing can count as renamed. Git looks for
        the new name of a file only among files that the same side added, and only when that side
        deleted one (gitdiffcore, "-M"). So an edit that only modifies needs nothing but untouched
        files on the other side; one that also adds or deletes must not meet a side that renames.
        """
        edit = self.objects.differences(base, theirs)
        added = [path for path, (old, _) in edit.items() if old is None]
        deleted = [path for path, (_, new) in edit.items() if new is None]
        if added and deleted:
            return None
        for path, (old, new) in edit.items():
            if SUBMODULE in (old and old.mode, new and new.mode):
                return None
            if self.objects.file(ours, path) != old:
                return None
        if added:
            own = self.objects.differences(base, ours)
            if any(new is None for _, new in own.values()):
                return None
            for path in added:
                if self._blocked(ours, path):
                    return None
        return Merged(self.objects.edit(ours, {path: new for path, (_, new) in edit.items()}))

    def _blocked(self, tree: str, path: str) -> bool:
        """Whether a tree has a folder where a file is to be, or a file where a folder is to be."""
        for name in path.split("/"):
            entry = self.objects.level(tree).get(name)
            if entry is None:
                return False
            if entry.mode != FOLDER:
                return True
            tree = entry.blob
        return True

    def _by_git(self, base: str, ours: str, theirs: str, labels: tuple[str, str]) -> Merged:
        objects = self.objects
        root = objects.write_commit(base, ())
        sides = [
            objects.write_commit(tree, (root,), label)
            for tree, label in ((ours, "ours"), (theirs, "theirs"))
        ]
        done = self._merge_tree(theirs, sides[0], sides[1])
        if done.returncode == 0:
            return Merged(done.stdout.split(b"\0", 1)[0].decode().strip())
        # The names of the sides stand in the files, so a merge in conflict is made once more with
        # names that a person understands.
        names = [f"refs/heads/{label}" for label in labels]
        store = objects.store
        lines = "".join(f"update {n} {s}\n" for n, s in zip(names, sides, strict=True))
        store.run("update-ref", "--stdin", stdin=lines.encode())
        try:
            done = self._merge_tree(theirs, *labels)
        finally:
            lines = "".join(f"delete {name}\n" for name in names)
            store.run("update-ref", "--stdin", stdin=lines.encode())
        return _parse(done.stdout)

    def _merge_tree(self, theirs: str, one: str, other: str) -> subprocess.CompletedProcess[bytes]:
        self.processes += 1
        folder = self._attributes(theirs)
        words = ("merge-tree", "--write-tree", "-z", "--messages", "--allow-unrelated-histories")
        env = {"GIT_DIR": str(self.objects.store.folder), "GIT_WORK_TREE": str(folder)}
        return git.run([*words, one, other], cwd=folder, env=env, codes=(0, 1))

    def _attributes(self, tree: str) -> Path:
        """Return a folder with the ``.gitattributes`` of a tree, for git to read.

        Git takes attributes (``merge=union``, ``-merge``, …) from the working tree, where a rebase
        has what it merges onto. The course's own attributes speak of other paths.
        """
        rules = {
            path: entry
            for path, entry in self.objects.files(tree).items()
            if path.rpartition("/")[2] == ATTRIBUTES and entry.mode.startswith("100")
        }
        if not rules:
            empty = self.objects.store.folder / "no-attributes"
            empty.mkdir(exist_ok=True)
            return empty
        if self._space is None:
            self._space = Workspace()
        folder = self._space.new("attributes")
        workspace.write_entries(self.objects.store, rules, folder)
        return folder


def _parse(output: bytes) -> Merged:
    """Read what ``git merge-tree -z --messages`` prints for a merge in conflict."""
    fields = output.decode("utf-8", "surrogateescape").split("\0")
    tree = fields[0].strip()
    position = 1
    stages: dict[str, dict[str, Entry]] = {}
    while position < len(fields) and fields[position]:
        meta, _, path = fields[position].partition("\t")
        mode, blob, stage = meta.split()
        stages.setdefault(path, {})[stage] = Entry(mode, blob)
        position += 1
    position += 1
    messages = []
    named: list[str] = []
    while position < len(fields) - 1 and fields[position]:
        count = int(fields[position])
        kind, text = fields[position + count + 1], fields[position + count + 2]
        if kind.startswith("CONFLICT"):
            messages.append(text.strip())
            named += fields[position + 1 : position + count + 1]
        position += count + 3
    if not stages:
        # Git stops at some conflicts (a file in the way of a folder's rename) although every file
        # has one content: what it did is only a guess, and a person must look at it.
        stages = {path: {} for path in named}
    if not stages:
        raise CourseError(f"git merge-tree says what this tool does not understand: {output!r}")
    conflicts = {
        path: Stages(found.get("1"), found.get("2"), found.get("3"))
        for path, found in stages.items()
    }
    return Merged(tree, conflicts, tuple(messages))
