"""Git objects in memory: one process reads them all, and new ones are written without any.

A chain of thirty links is mostly the same few trees. They are read once, by name; a merge that
touches three files rewrites the trees above those three files and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from course import git
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry, Store
from course.repository import replacing

FOLDER = "40000"
LINK = "120000"
SUBMODULE = "160000"

# What is in one folder: by name, the mode as git writes it in a tree, and the object.
Level = Mapping[str, Entry]


def name_of(kind: str, content: bytes) -> str:
    """Return the name that git gives an object (gitformat-loose: SHA-1 of header and content)."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content).hexdigest()


class Objects:
    """Reads and writes the objects of the tool's store.

    Args:
        store: the store; what it borrows from the person's repository is read through it.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._folder = store.folder / "objects"
        self._reader: subprocess.Popen[bytes] | None = None
        self._levels: dict[str, Level] = {EMPTY_TREE: {}}
        self._flat: dict[str, dict[str, Entry]] = {}
        self._blobs: dict[str, bytes] = {}

    def __enter__(self) -> Objects:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process that reads."""
        if self._reader is not None:
            reader, self._reader = self._reader, None
            assert reader.stdin is not None and reader.stdout is not None
            reader.stdin.close()
            reader.stdout.close()
            reader.wait()

    # -- reading ---------------------------------------------------------------------------

    def read(self, name: str) -> tuple[str, bytes]:
        """Return an object's kind and content.

        Raises:
            CourseError: when it is not there.
        """
        if self._reader is None:
            self._reader = subprocess.Popen(
                ["git", "-c", "safe.directory=*", "cat-file", "--batch"],
                cwd=self.store.repository.root,
                env=git.environment({"GIT_DIR": str(self.store.folder)}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._reader.stdin is not None and self._reader.stdout is not None
        self._reader.stdin.write(name.encode() + b"\n")
        self._reader.stdin.flush()
        header = self._reader.stdout.readline().split()
        if len(header) != 3:
            raise CourseError(
                f"git has no object {name}, which the tool wrote down earlier.",
                "Delete the folder .course/propagate and try again.",
            )
        content = self._reader.stdout.read(int(header[2]) + 1)
        return header[1].decode(), content[:-1]

    def blob(self, name: str) -> bytes:
        """Return the content of a file."""
        found = self._blobs.get(name)
        if found is None:
            found = self._blobs[name] = self.read(name)[1]
        return found

    def tree_of(self, commit: str) -> str:
        """Return the tree of a commit."""
        return self.read(commit)[1].split(b"\n", 1)[0].decode().removeprefix("tree ")

    def level(self, tree: str) -> Level:
        """Return what lies directly in a tree."""
        found = self._levels.get(tree)
        if found is None:
            found = self._levels[tree] = _parse_tree(self.read(tree)[1])
        return found

    def subtree(self, tree: str, path: str) -> str:
        """Return the tree at a path below a tree; the empty tree when there is none."""
        for name in path.split("/"):
            entry = self.level(tree).get(name)
            if entry is None or entry.mode != FOLDER:
                return EMPTY_TREE
            tree = entry.blob
        return tree

    def files(self, tree: str) -> dict[str, Entry]:
        """Return every file below a tree by its path. The answer is shared: do not change it."""
        found = self._flat.get(tree)
        if found is None:
            found = {}
            for name, entry in self.level(tree).items():
                if entry.mode == FOLDER:
                    for path, below in self.files(entry.blob).items():
                        found[f"{name}/{path}"] = below
                else:
                    found[name] = entry
            self._flat[tree] = found
        return found

    def file(self, tree: str, path: str) -> Entry | None:
        """Return one file below a tree, if it is there."""
        folder, _, name = path.rpartition("/")
        entry = self.level(self.subtree(tree, folder) if folder else tree).get(name)
        return None if entry is None or entry.mode == FOLDER else entry

    def differences(self, old: str, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        """Return the files that differ between two trees, each as it was and as it is.

        Trees that are the same are not opened, so the time depends on what differs.
        """
        found: dict[str, tuple[Entry | None, Entry | None]] = {}
        self._compare(old, new, "", found)
        return found

    def _compare(
        self, old: str, new: str, prefix: str, found: dict[str, tuple[Entry | None, Entry | None]]
    ) -> None:
        if old == new:
            return
        before, after = self.level(old), self.level(new)
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            (old_tree, old_file), (new_tree, new_file) = _apart(was), _apart(now)
            self._compare(old_tree, new_tree, f"{prefix}{name}/", found)
            if old_file is not None or new_file is not None:
                found[prefix + name] = (old_file, new_file)

    # -- writing ---------------------------------------------------------------------------

    def write(self, kind: str, content: bytes) -> str:
        """Store an object and return its name."""
        name = name_of(kind, content)
        path = self._folder / name[:2] / name[2:]
        if not path.exists():
            _write_loose(path, b"%s %d\0" % (kind.encode(), len(content)) + content)
        return name

    def write_blob(self, content: bytes) -> str:
        """Store the content of a file and return its name."""
        name = self.write("blob", content)
        self._blobs[name] = content
        return name

    def write_level(self, level: Level) -> str:
        """Store what lies directly in a folder and return the tree's name."""
        name = self.write("tree", _format_tree(level))
        self._levels[name] = dict(level)
        return name

    def write_commit(self, tree: str, parents: Iterable[str], message: str = "") -> str:
        """Store a commit that is the same whenever it is made, and by anyone."""
        return self.write("commit", format_commit(tree, parents, message, 0))

    def edit(self, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """Return a tree with some files set, or taken out where the entry is None.

        Folders that become empty go, as they do in git.
        """
        if not changes:
            return tree
        level = dict(self.level(tree))
        below: dict[str, dict[str, Entry | None]] = {}
        here: dict[str, Entry | None] = {}
        for path, entry in changes.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = entry
            else:
                here[name] = entry
        # A file that goes makes room for a folder of its name, so it goes first; a folder whose
        # files all go makes room for a file, so files that come are set last.
        for name, entry in here.items():
            if entry is None and name in level and level[name].mode != FOLDER:
                del level[name]
        for name, inner in below.items():
            was = level.get(name)
            folder = was.blob if was is not None and was.mode == FOLDER else EMPTY_TREE
            changed = self.edit(folder, inner)
            if changed != EMPTY_TREE:
                level[name] = Entry(FOLDER, changed)
            elif was is not None and was.mode == FOLDER:
                del level[name]
        for name, entry in here.items():
            if entry is not None:
                level[name] = entry
        return self.write_level(level) if level else EMPTY_TREE


def format_commit(
    tree: str, parents: Iterable[str], message: str, seconds: int, who: str = "course"
) -> bytes:
    """Return a commit as git stores it; ``seconds`` since 1970, in UTC."""
    identity = f"{who} <course@localhost> {seconds} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {identity}", f"committer {identity}", "", message]
    return "\n".join(lines).encode()


def _apart(entry: Entry | None) -> tuple[str, Entry | None]:
    """Return the tree of a folder, or else what is no folder."""
    if entry is not None and entry.mode == FOLDER:
        return entry.blob, None
    return EMPTY_TREE, entry


def _parse_tree(content: bytes) -> dict[str, Entry]:
    level: dict[str, Entry] = {}
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, _, name = content[position:end].partition(b" ")
        blob = content[end + 1 : end + 21].hex()
        level[name.decode("utf-8", "surrogateescape")] = Entry(mode.decode(), blob)
        position = end + 21
    return level


def _format_tree(level: Level) -> bytes:
    rows = [(name.encode("utf-8", "surrogateescape"), entry) for name, entry in level.items()]
    # Git sorts a folder as if its name ended with a slash.
    rows.sort(key=lambda row: row[0] + (b"/" if row[1].mode == FOLDER else b""))
    return b"".join(
        b"%s %s\0%s" % (entry.mode.encode(), name, bytes.fromhex(entry.blob))
        for name, entry in rows
    )


def _write_loose(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    own = path.with_name(f"tmp_obj_{os.getpid()}_{os.urandom(4).hex()}")
    with replacing(path, own) as fresh:
        fresh.write_bytes(zlib.compress(content, 1))
