"""Calls of git: oldest version, settings, messages when it fails, and the tool's object store.

Objects are written to a store of the tool's own (``.course/store.git``), which borrows from the
repository's objects. The person's index, branches, hooks and configuration stay out of it.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from course import console
from course.errors import CourseError
from course.names import word
from course.repository import Repository, is_full, write_if_changed

# The tree without entries and the absent object, as git names them.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NULL = "0" * 40
# From here on `safe.directory` counts on the command line, and there is `merge-tree --write-tree`.
OLDEST = (2, 38)
_SUBMODULE = "160000"
# Seconds to wait for another process of the tool that reads the same working copy.
_PATIENCE = 300.0
# What git says when its files are damaged, and not the call.
_DAMAGED = re.compile(
    r"not a git repository: |bad config|index file corrupt|bad index file|bad signature 0x"
    r"|index file smaller|object file .* is empty|loose object .* is corrupt|unable to unpack"
    r"|inflate: |packfile .* (cannot|is far too short|claims)|error building trees|invalid object"
    r"|unable to read (tree|sha1|[0-9a-f]{40})|missing object|git has no object",
)
# What git says where there is no repository at all.
_NO_REPOSITORY = "not a git repository (or any"
# What git says when the machine refuses, and no file of its own is damaged.
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|[Oo]ut of disk ?space")
_REFUSED = re.compile(r"^(.+): Permission denied", re.MULTILINE)
_PASSED_OVER = re.compile(
    r"^(?:warning: could not open directory '(.+?)/?'|(?!\w+: )(.+)): Permission denied$", re.M
)
_CLOSED_STORE = re.compile(r"insufficient permission for .+ repository database (.+)")
_QUOTED = re.compile(r"""(["'])(.+)\1""")
_WRITING = re.compile(r"create|write|writing|unlink|remove|rename|mkdir|copy|\brm\b")
_Answer = TypeVar("_Answer")

# The names of two trees: before and after.
Pair = tuple[str, str]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment for git in which only what is asked for holds.

    Variables such as ``GIT_DIR`` and ``GIT_INDEX_FILE``, which git sets for its hooks, and the
    person's configuration (signing, hooks, line endings) would change what the commands do.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_AUTHOR_NAME": "course",
        "GIT_AUTHOR_EMAIL": "course@localhost",
        "GIT_COMMITTER_NAME": "course",
        "GIT_COMMITTER_EMAIL": "course@localhost",
        "LC_ALL": "C",
    }
    return clean | dict(extra or {})


# Given on the command line, these hold whatever any configuration says. The files of attributes
# and of patterns to ignore are named because git reads the person's even without a configuration.
_SETTINGS = (
    "safe.directory=*",
    "core.quotePath=false",
    "core.longPaths=true",
    "core.attributesFile=",
    "core.excludesFile=",
)


def run(
    words: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    codes: Iterable[int] = (0,),
) -> subprocess.CompletedProcess[bytes]:
    """Run git and return what it said.

    Args:
        words: git's arguments.
        cwd: the folder to run it in.
        env: variables in addition to `environment`.
        stdin: what it reads.
        codes: the exit codes that are an answer and not a failure.

    Raises:
        CourseError: when git is missing, too old, or fails.
    """
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = ["git", *settings, *map(str, words)]
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment(env), input=stdin, capture_output=True, check=False
        )
    except (FileNotFoundError, NotADirectoryError):
        if not cwd.is_dir():
            raise CourseError(f"The folder {cwd} is gone.") from None
        raise CourseError("git is not installed, or not on the PATH.", "course doctor") from None
    if done.returncode not in set(codes):
        require_version()
        said = done.stderr.decode("utf-8", "replace").strip()
        if _NO_REPOSITORY in said:
            raise no_history(cwd)
        # The number of paths is not bounded, and neither would be the message.
        called = " ".join(map(str, words))
        called = called if len(called) <= 200 else called[:200] + " …"
        raise CourseError(f"git {called} failed in {cwd}:\n{said}", _remedy(said, cwd))
    return done


def listed(root: Path, *, unversioned: bool = False) -> list[str]:
    """Return the paths of a working copy that git knows or would add, each once.

    Only the repository's own rules leave a path out, and not what a person ignores.

    Args:
        root: the folder of the working copy.
        unversioned: whether a folder that git does not know has no paths, and is no error.

    Raises:
        CourseError: when git fails.
    """
    done = run(
        ["ls-files", "-z", "--cached", "--others", "--exclude-per-directory=.gitignore"],
        cwd=root,
        codes=(0, 128) if unversioned else (0,),
    )
    paths = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [path for path in dict.fromkeys(paths) if path]


def no_history(folder: Path, problem: str = "") -> CourseError:
    """Return what a person is told where there is no commit of the course to compare with.

    A copy that was downloaded as an archive is such a place. To commit it as it stands would make
    edits in it part of what they are measured from, and they could never be told from it again:
    so the way goes through a clone, and the edits are copied into it.

    Args:
        folder: the copy.
        problem: what is missing; by default, the repository.
    """
    problem = problem or f"{folder} is no git repository (a downloaded archive holds none)"
    clone = _word(folder.with_name(folder.name + "-clone"))
    return CourseError(
        f"{problem}, so your edits cannot be told from what the course had before. Do not begin"
        " one here, with `git init` and a commit: your edits would become part of the base, and"
        " would never be carried. They are safe where they are; take them into a clone:",
        f"git clone ADDRESS {clone}   (ADDRESS is where you downloaded the course), copy each file"
        f" that you edited to the same place in {clone}, and type the command there",
    )


def _remedy(said: str, folder: Path) -> str:
    """Return what fixes a failure of git.

    Args:
        said: what git said.
        folder: where the paths begin that it names.
    """
    if _NO_SPACE.search(said) or is_full(folder):
        return "Free some space, and try again."
    store = _CLOSED_STORE.search(said)
    if store:
        return f"Make it writable: chmod -R u+w {_word(folder / store[1])}"
    refused = _REFUSED.search(said)
    if refused is None:
        return "Fix what git says, and try again; what the machine lacks is told by: course doctor"
    quoted = _QUOTED.search(refused[1])
    parts = refused[1].split(": ")
    names = [quoted[2]] if quoted else [p for p in parts if os.path.lexists(folder / p)]
    if not names:
        return "Make it readable and writable: chmod u+rw FILE"
    file = folder / names[0]
    if _WRITING.search(refused[1].replace(names[0], "")):
        return f"Make its folder writable: chmod u+w {_word(file.parent)}"
    # A folder is read by those alone who may also enter it.
    letters = "rx" if os.path.isdir(file) else "r"
    return f"Make it readable: chmod u+{letters} {_word(file)}"


def _word(path: Path) -> str:
    return shlex.quote(str(path))


def version() -> tuple[int, int]:
    """Return the version of the git on the PATH; ``(0, 0)`` when there is none."""
    try:
        done = subprocess.run(
            ["git", "--version"], env=environment(), capture_output=True, check=False
        )
    except OSError:
        return (0, 0)
    match = re.search(rb"(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def require_version() -> None:
    """Make sure that git can do what is asked of it.

    Raises:
        CourseError: when it is older than `OLDEST`.
    """
    found = version()
    if found < OLDEST:
        have, wanted = (".".join(map(str, numbers)) for numbers in (found, OLDEST))
        raise CourseError(
            f"This is git {have}; the course needs {wanted} or later.", "course doctor"
        )


def _own_ignore_file(folder: Path) -> str:
    """Return the file in which a person keeps patterns to ignore everywhere."""
    env = {k: v for k, v in os.environ.items() if k in ("GIT_CONFIG_GLOBAL",) or k[:4] != "GIT_"}
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "config", "--type=path", "--get", "core.excludesFile"],
        cwd=folder,
        env=env,
        capture_output=True,
        check=False,
    )
    found = done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
    if found:
        return found
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "git", "ignore")


@dataclass(frozen=True)
class Entry:
    """A file in a tree.

    Attributes:
        mode: ``100644``, ``100755`` (may be run) or ``120000`` (a symbolic link).
        blob: the name of its content.
    """

    mode: str
    blob: str


@dataclass(frozen=True)
class Change:
    """One file's difference between two trees, as ``git diff-tree --raw -M`` gives it.

    Attributes:
        status: ``A`` added, ``D`` deleted, ``M`` modified, ``R`` renamed, ``T`` of another type.
        old: the entry before, if there was one.
        new: the entry after, if there is one.
        old_path: its path before.
        path: its path after (before, for a deleted file).
    """

    status: str
    old: Entry | None
    new: Entry | None
    old_path: str
    path: str


class Store:
    """The tool's own object store beside a repository.

    All of it can be rebuilt from the working copy: when it is damaged (a full disk, a power
    cut), it is set aside, and rebuilt.

    Args:
        repository: the course; its working copy is what `snapshot` reads.

    Raises:
        CourseError: when git is missing, too old, or cannot make the store.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.folder = repository.state / "store.git"
        self._env = {"GIT_DIR": str(self.folder), "GIT_WORK_TREE": str(repository.root)}
        self._lock = FileLock(str(repository.state / "store.lock"), timeout=_PATIENCE)
        self._paths: tuple[str, ...] = ()
        self._healing = False
        self._made = 0
        self._make()

    def _make(self) -> None:
        made = (self.folder / "HEAD", self.folder / "info" / "attributes")
        if not all(path.exists() for path in made):
            require_version()
            # Two processes that initialise the same folder at once stumble over each other. One
            # that was killed in between has not written the attributes: once more does no harm.
            with self._held():
                run(["init", "-q", "--bare", "--template=", self.folder], cwd=self.repository.root)
        # Content is stored as it stands: no line ending, filter or encoding may hide a byte. What
        # the repository's own attributes say of generated files stays in force.
        write_if_changed(
            self.folder / "info" / "attributes",
            b"* -text -eol -filter -ident -working-tree-encoding\n",
        )
        asked = ["rev-parse", "--path-format=absolute"]
        asked += ["--git-path", "objects"]
        said = run(asked, cwd=self.repository.root, codes=(0, 128))
        if said.returncode == 0:
            write_if_changed(self.folder / "objects/info/alternates", said.stdout)
        # What a step has is seen whatever a person ignores: see `ignored_by_person`.
        write_if_changed(self.folder / "info" / "exclude", b"")
        self._made = self._identity()

    def _identity(self) -> int:
        try:
            return (self.folder / "objects").stat().st_ino
        except OSError:
            return 0

    def run(
        self,
        *words: str | Path,
        stdin: bytes = b"",
        codes: Iterable[int] = (0,),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> bytes:
        """Run git on the store and return its standard output."""

        def call() -> bytes:
            done = run(
                words,
                cwd=cwd or self.repository.root,
                env={**self._env, **(env or {})},
                stdin=stdin,
                codes=codes,
            )
            return done.stdout

        return self._healed(call)

    def _healed(self, call: Callable[[], _Answer]) -> _Answer:
        """Return what a call returns, after rebuilding a damaged store if need be."""
        try:
            return call()
        except CourseError as error:
            # On a full disk the store is whole, and there is no room for another.
            full = _NO_SPACE.search(error.problem) or is_full(self.repository.root)
            if self._healing or full or not _DAMAGED.search(error.problem):
                raise
        with self._held():
            self._healing = True
            try:
                self._renew()
                if self._paths:
                    self._snapshot(self._paths)
                return call()
            finally:
                self._healing = False

    def _renew(self) -> None:
        """Set the store aside, and rebuild it."""
        state = self.repository.state
        if self._identity() not in (0, self._made):
            pass  # Another process has rebuilt it meanwhile.
        elif self.folder.exists():
            number = 1
            while (aside := state / f"store.git.damaged-{number}").exists():
                number += 1
            self.folder.replace(aside)
            console.warn(f"{self.folder} was damaged: it is rebuilt, and kept as {aside.name}")
        else:
            console.warn(f"{self.folder} is gone: it is rebuilt")
        self._make()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other processes of the tool from the store's index."""
        self.repository.state.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise CourseError(
                f"Another `course` has held {self._lock.lock_file} for {_PATIENCE:.0f} s.",
                "End it, then try again.",
            ) from None
        try:
            yield
        finally:
            self._lock.release()

    def snapshot(self, *paths: str) -> str:
        """Store the working copy of some folders as it stands, uncommitted changes included.

        What the course's own ``.gitignore`` files leave out is left out; what a person ignores on
        their machine is not. A file that may be run keeps its mode on systems whose
        file systems know none, because the committed tree is read first.

        Returns:
            The name of a tree that holds those folders.

        Raises:
            CourseError: when a file cannot be read, or a folder is a git repository of its own.
        """
        with self._held():
            tree = self._healed(lambda: self._snapshot(paths))
        self._paths = tuple(dict.fromkeys((*self._paths, *paths)))
        return tree

    def _snapshot(self, paths: Sequence[str]) -> str:
        index = self.folder / "course-index"
        env = {"GIT_INDEX_FILE": str(index)}
        # The process that made this lock was killed: nobody else is here now.
        index.with_name(index.name + ".lock").unlink(missing_ok=True)
        before, self._healing = self._healing, True
        try:
            self._read_head(index, env)
            root = self.repository.root
            present = [path for path in paths if (root / path).exists()]
            gone = [path for path in paths if path not in present]
            for path in gone:
                self.run("rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", path, env=env)
            if present:
                self._add(index, present, self.repository.root, self.repository.root)
            return self.run("write-tree", env=env).decode().strip()
        finally:
            self._healing = before

    def _read_head(self, index: Path, env: Mapping[str, str]) -> None:
        """Begin a new index with the committed tree, and so with its modes."""
        if index.exists() and _knows_modes():
            return
        head = self.commit_tree("HEAD")
        known = index.with_name("course-index.head")
        if head and not (index.exists() and known.exists() and known.read_text("ascii") == head):
            self.run("read-tree", head, env=env)
            known.write_text(head, "ascii")

    def _add(
        self, index: Path, paths: Sequence[str], top: Path, cwd: Path, ignored: str = ""
    ) -> None:
        """Add everything below some paths which no ``.gitignore`` among them leaves out.

        Args:
            index: the index to add to.
            paths: the paths.
            top: where they begin; no ``.gitignore`` above it is read.
            cwd: the folder that git runs in.
            ignored: a file with more patterns to ignore.
        """
        words = ["-c", f"core.excludesFile={ignored}", "-c", "advice.addEmbeddedRepo=false"]
        env = {**self._env, "GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(top)}
        done = run([*words, "add", "-A", "--", *paths], cwd=cwd, env=env, codes=(0, 128))
        said = done.stderr.decode("utf-8", "surrogateescape")
        match = re.search(r"'(.+?)/?' does not have a commit checked out", said)
        match = match or re.search(r"adding embedded git repository: (.+)", said)
        if match:
            # An index that knows the folder as a repository would go on doing so.
            index.unlink(missing_ok=True)
            raise _own_repository(match[1].strip())
        # Of a closed folder git says that it cannot be read, keeps what it knew, and succeeds.
        closed = _PASSED_OVER.search(said)
        if closed and not done.returncode:
            where = top / (closed[1] or closed[2])
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(where))
        if done.returncode:
            raise CourseError(f"git add failed in {top}:\n{said.strip()}", _remedy(said, top))

    def ignored_by_person(self, tree: str) -> dict[str, str]:
        """Return what this machine's git would leave out of a commit, by a rule of the person's.

        The tool sees those files, since the course has no rule against them; ``git add`` and
        ``git status`` pass over them in silence.

        Args:
            tree: a snapshot of the working copy.

        Returns:
            By path, for files that are not in the last commit, the file that holds the rule.
        """
        head = self.commit_tree("HEAD") or EMPTY_TREE
        words = ["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=A", "--name-only"]
        added = self.run(*words, head, tree)
        if not added:
            return {}
        root = self.repository.root
        personal = f"core.excludesFile={_own_ignore_file(root)}"
        words = ["-c", personal, "check-ignore", "-z", "-v", "--stdin"]
        done = run(words, cwd=root, stdin=added, codes=(0, 1, 128))
        fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
        found = {}
        for source, pattern, path in zip(fields[0::4], fields[2::4], fields[3::4], strict=True):
            if not pattern.startswith("!"):
                found[path] = source
        return found

    def folder_tree(self, folder: Path, leave: Sequence[str] = ()) -> str:
        """Store a folder that lies anywhere, without what its own ``.gitignore`` leaves out.

        Args:
            folder: the folder.
            leave: paths inside it that are left out in any case.

        Returns:
            The name of its tree.
        """
        index = self.folder / f"folder-{os.getpid()}-{os.urandom(4).hex()}"
        ignore = index.with_name(index.name + ".ignore")
        try:
            ignored = ""
            if leave:
                # To exclude a path by name fails where it is ignored as well.
                ignore.write_bytes(_bytes("".join(f"/{p}\n" for p in leave)))
                ignored = str(ignore)
            self._add(index, ["."], folder.resolve(), folder, ignored)
            env = {"GIT_INDEX_FILE": str(index)}
            return self.run("write-tree", env=env).decode().strip()
        finally:
            index.unlink(missing_ok=True)
            ignore.unlink(missing_ok=True)

    def commit_tree(self, revision: str) -> str:
        """Return the course's tree in a commit of the person's repository.

        The course may be in a folder of a larger repository.

        Returns:
            The tree's name; ``""`` when there is no such commit, or no repository.
        """
        done = run(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", revision + ":./"],
            cwd=self.repository.root,
            codes=(0, 1, 128),
        )
        return done.stdout.decode().strip()

    def require_history(self) -> None:
        """Make sure that the course is in a git repository with a commit.

        Raises:
            CourseError: when it is not, with the way that keeps every edit.
        """
        root = self.repository.root
        done = run(["rev-parse", "--verify", "--quiet", "HEAD"], cwd=root, codes=(0, 1))
        if done.returncode:
            raise no_history(root, "Nothing is committed yet")

    def subtrees(self, tree: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the trees at several paths in a tree; the empty tree where nothing is.

        Raises:
            CourseError: when a git repository of its own is there.
        """
        found = dict.fromkeys(paths, EMPTY_TREE)
        if tree == EMPTY_TREE or not paths:
            return found
        done = self.run("ls-tree", "-z", "-d", tree, "--", *paths)
        for record in filter(None, done.decode("utf-8", "surrogateescape").split("\0")):
            meta, _, name = record.partition("\t")
            mode, _, blob = meta.split()
            if mode == _SUBMODULE:
                raise _submodule(name)
            if name in found:
                found[name] = blob
        return found

    def subtree(self, tree: str, path: str) -> str:
        """Return the tree at a path in a tree; the empty tree when nothing is there."""
        return self.subtrees(tree, [path])[path]

    def entries(self, tree: str, folder: str = "") -> dict[str, Entry]:
        """Return every file below a tree by its path, in git's order.

        Args:
            tree: the tree.
            folder: where it lies, with which an error names what is wrong.

        Raises:
            CourseError: when a git repository of its own is in it.
        """
        if tree == EMPTY_TREE:
            return {}
        raw = self.run("ls-tree", "-r", "-z", tree).decode("utf-8", "surrogateescape")
        entries = {}
        for record in filter(None, raw.split("\0")):
            meta, _, path = record.partition("\t")
            mode, _, blob = meta.split()
            if mode == _SUBMODULE:
                raise _submodule(f"{folder}/{path}" if folder else path)
            entries[path] = Entry(mode, blob)
        return entries

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the content of several blobs by name."""
        wanted = list(dict.fromkeys(names))
        return self._healed(lambda: self._blobs(wanted)) if wanted else {}

    def _blobs(self, wanted: Sequence[str]) -> dict[str, bytes]:
        raw = self.run("cat-file", "--batch", stdin="\n".join(wanted).encode() + b"\n")
        contents: dict[str, bytes] = {}
        position = 0
        for name in wanted:
            end = raw.index(b"\n", position)
            header = raw[position:end].split()
            if len(header) != 3:
                raise CourseError(
                    f"git has no object {name}.", "Delete .course/store.git and try again."
                )
            size = int(header[2])
            contents[name] = raw[end + 1 : end + 1 + size]
            position = end + 1 + size + 1
        return contents

    def write_blob(self, content: bytes) -> str:
        """Store some content and return its name."""
        return self.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def write_tree(self, entries: Mapping[str, Entry]) -> str:
        """Store a tree with just these files and return its name."""
        index = self.folder / f"tree-{os.getpid()}-{os.urandom(4).hex()}"
        lines = "".join(f"{e.mode} {e.blob}\t{path}\0" for path, e in sorted(entries.items()))
        env = {"GIT_INDEX_FILE": str(index)}
        try:
            self.run("update-index", "-z", "--index-info", stdin=_bytes(lines), env=env)
            return self.run("write-tree", env=env).decode().strip()
        finally:
            index.unlink(missing_ok=True)

    def changes(self, old: str, new: str) -> list[Change]:
        """Return what differs between two trees, renames recognised, in order of path."""
        return self.changes_between([(old, new)])[old, new]

    def changes_between(self, pairs: Iterable[Pair]) -> dict[Pair, list[Change]]:
        """Return what differs between the trees of each pair, as `changes` does.

        One call of git does for all of them: to start it takes longer than what it is asked for.
        """
        compared = self._compared(pairs, "--raw", "--full-index")
        return {pair: _changes(fields) for pair, fields in compared.items()}

    def lines_between(self, pairs: Iterable[Pair]) -> dict[Pair, dict[str, tuple[int, int]]]:
        """Return how many lines come and go between the trees of each pair, by path.

        A file without lines has none of either. One call of git does for all pairs.
        """
        compared = self._compared(pairs, "--numstat")
        return {pair: _line_counts(fields) for pair, fields in compared.items()}

    def _compared(self, pairs: Iterable[Pair], *words: str) -> dict[Pair, list[str]]:
        """Return the fields of what git says when it compares the trees of each pair."""
        wanted = list(dict.fromkeys(pairs))
        stdin = "".join(_line(pair) for pair in wanted).encode()

        def compare() -> dict[Pair, list[str]]:
            raw = self.run("diff-tree", "--stdin", "-r", "-z", "-M", *words, stdin=stdin)
            return _by_pair(raw.decode("utf-8", "surrogateescape"), wanted)

        return self._healed(compare) if wanted else {}

    def attributes(self, names: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return the attributes of paths (from the root) as ``.gitattributes`` gives them.

        Returns:
            By path, the value of each attribute: ``set``, ``unset``, ``unspecified`` or a word.
        """
        found: dict[str, dict[str, str]] = {path: {} for path in paths}
        if not paths:
            return found
        stdin = _bytes("".join(path + "\0" for path in paths))
        raw = self.run("check-attr", "-z", "--stdin", *names, stdin=stdin)
        fields = raw.decode("utf-8", "surrogateescape").split("\0")
        for path, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
            found[path][name] = value
        return found


def _line(pair: Pair) -> str:
    """Return a pair as ``git diff-tree --stdin`` reads it, and says it before what differs."""
    return f"{pair[0]} {pair[1]}\n"


def _by_pair(text: str, pairs: Sequence[Pair]) -> dict[Pair, list[str]]:
    """Return the fields of ``git diff-tree --stdin -z`` by the pair that they are about.

    Raises:
        CourseError: when git passed over a pair, as it does without a word if a tree is missing.
    """
    starts = []
    position = 0
    for pair in pairs:
        position = text.find(_line(pair), position)
        if position < 0:
            raise CourseError(
                f"git has no object {pair[0]}, or none {pair[1]}.",
                "Delete .course/store.git and try again.",
            )
        starts.append(position)
        position += len(_line(pair))
    found = {}
    for pair, start, end in zip(pairs, starts, [*starts[1:], len(text)], strict=True):
        found[pair] = text[start + len(_line(pair)) : end].split("\0")[:-1]
    return found


def _changes(fields: Sequence[str]) -> list[Change]:
    """Return what the fields of ``git diff-tree --raw -z`` say."""
    changes = []
    rest = iter(fields)
    for head in rest:
        old_mode, new_mode, old_blob, new_blob, status = head[1:].split()
        old_path = path = next(rest)
        if status[0] in "RC":
            path = next(rest)
        changes.append(
            Change(
                status[0],
                Entry(old_mode, old_blob) if old_blob != NULL else None,
                Entry(new_mode, new_blob) if new_blob != NULL else None,
                old_path,
                path,
            )
        )
    return changes


def _line_counts(fields: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return what the fields of ``git diff-tree --numstat -z`` say, by path."""
    counts = {}
    position = 0
    while position < len(fields):
        added, removed, path = fields[position].split("\t", 2)
        position += 1
        if not path:
            # Of a renamed file: the path before, and the one after.
            path = fields[position + 1]
            position += 2
        counts[path] = (int(added) if added != "-" else 0, int(removed) if removed != "-" else 0)
    return counts


def _knows_modes() -> bool:
    """Whether files on this system have a mode that says if they may be run."""
    return sys.platform != "win32"


def _submodule(path: str) -> CourseError:
    name = word(path)
    return CourseError(
        f"{path} is a git repository of its own (a submodule), so its files cannot be seen.",
        f"git rm --cached {name}, move {name}/.git out of the course, git add {name}; commit that.",
    )


def _own_repository(path: str) -> CourseError:
    return CourseError(
        f"{path} is a git repository of its own (it holds .git), so its files cannot be seen.",
        f"Move {path}/.git out of the course; a copy of the folder anywhere else may have one.",
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
