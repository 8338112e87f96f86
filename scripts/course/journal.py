"""Writes to the working copy, all or nothing: refusals, recovery after a crash, file modes.

A change is a plan: folders to move, files to take away, files to write. It is carried out so:

1. Every file that the plan touches must be as the plan's maker saw it; otherwise nothing is done.
2. All new content is written beside the working copy (``.course/journal``) and flushed to the
   disk. A full disk or Ctrl-C is met here, where nothing has changed yet.
3. The plan itself is written, flushed, and renamed into place: from here on it counts.
4. Folders are renamed, and each file is put in place with one rename. What was there before is
   linked or moved into the journal first, so that no byte is gone.
5. The plan is taken away, last of all a note that it is done.

A process that was killed before 3 has changed nothing, and its leftovers are swept away. One
killed later left a plan, and every intention of it can tell by itself whether it is done: new
content that is still in the journal has not been put in place. `recover` then does the rest. An
error or Ctrl-C during 4 puts everything back at once; if that is cut short too, `recover` ends it.

A rename is atomic and needs no space (POSIX rename(2)), and file systems with a journal keep the
order of renames, which is what 4 and 5 rest on after a loss of power.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from course import git
from course.errors import CourseError
from course.git import Entry
from course.repository import Repository

FILE, PROGRAM, LINK = "100644", "100755", "120000"

# Folders that git ignores, and in which a repository of somebody's own may lie.
_APART = frozenset({".course", "playground"})

# The words of the command line that is at work: a command that is repeated after it was killed is
# known by them. The command line sets them.
call: tuple[str, ...] = ()

# Called with the name of each operation on the disk before it is done. Tests stop the process
# there, or raise what a full disk raises.
before_operation: Callable[[str], None] = lambda name: None


@dataclass(frozen=True)
class Write:
    """A file to be made or replaced.

    Attributes:
        path: where, from the root, with ``/``.
        content: its bytes; of a symbolic link, where it leads.
        expected: the file as the plan's maker saw it; None where there was none.
        mode: ``100644``, ``100755`` (may be run) or ``120000`` (a symbolic link).
        keep: whether what it replaces is nowhere else, and so goes to the backups.
    """

    path: str
    content: bytes
    expected: Entry | None
    mode: str = FILE
    keep: bool = False


@dataclass(frozen=True)
class Remove:
    """A file to be taken away. The attributes are those of `Write`."""

    path: str
    expected: Entry
    keep: bool = False


@dataclass(frozen=True)
class Move:
    """A folder or file to be renamed, with all that is in it, ignored files included."""

    source: str
    target: str


# As long as a name may be, in bytes, on the file systems that there are.
_LONGEST = 255


@dataclass
class Plan:
    """What is to be done: first the moves in order, then the removals, then the writes.

    The paths of removals and writes are those after the moves.

    Attributes:
        stamp: the time of modification, in nanoseconds, that all that is written gets; the time
            of writing, if it is 0.
    """

    moves: list[Move] = field(default_factory=list)
    removals: list[Remove] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    stamp: int = 0

    def __bool__(self) -> bool:
        return bool(self.moves or self.removals or self.writes)


def replacing(repository: Repository, files: Mapping[str, bytes]) -> Plan:
    """Return the plan that writes files which a program makes, where they differ.

    Args:
        repository: the course.
        files: their content by path from the root.
    """
    plan = Plan()
    for path, content in sorted(files.items()):
        present = entry_of(repository.root / path)
        mode = present.mode if present else FILE
        if present is None or present.blob != blob_of(content):
            plan.writes.append(Write(path, content, present, mode))
    return plan


class Writer:
    """Carries plans out, for the process that holds the lock. `changing` makes one.

    Attributes:
        said: what a person should know: what was resumed, and where backups lie.
    """

    def __init__(self, repository: Repository, verb: str) -> None:
        self.repository = repository
        self.verb = verb
        self.said: list[str] = []

    def carry_out(self, plan: Plan) -> Path | None:
        """Do all of a plan or nothing of it.

        Returns:
            The folder with the backups of what was replaced and is nowhere else; None without any.

        Raises:
            CourseError: when a file is not as the plan's maker saw it, or something is in the way.
            OSError: when the disk refuses; everything is as it was before.
        """
        if not plan:
            return None
        _check(self.repository, plan)
        journal = _Journal(self.repository)
        journal.prepare(plan, self.verb)
        try:
            journal.forward(resumed=False)
        except BaseException:
            journal.back()
            raise
        finally:
            self.said += journal.said
        return journal.close()


@dataclass(frozen=True)
class Recovered:
    """What a command that was killed had left undone, and what became of it.

    Attributes:
        verb: the command.
        call: its words; empty when they are not known.
        finished: whether all of it is done now; else all of it was put back.
        said: a line each of what a person should know.
    """

    verb: str
    call: tuple[str, ...]
    finished: bool
    said: tuple[str, ...]


@contextmanager
def changing(repository: Repository, verb: str) -> Iterator[Writer]:
    """Hold the working copy for one verb, after ending what an earlier one left undone.

    Raises:
        CourseError: when another command is changing the working copy.
    """
    lock = FileLock(repository.state_folder("") / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CourseError(
            f"Another `course` command is changing {repository.root}.",
            "Wait until it has ended, and try again.",
        ) from None
    try:
        writer = Writer(repository, verb)
        found = _recover(repository)
        writer.said += found.said if found else ()
        yield writer
    finally:
        lock.release()


def recover(repository: Repository) -> list[str]:
    """End what a command that was killed left undone, and return what was done, a line each.

    See `recovered`.
    """
    found = recovered(repository)
    return list(found.said) if found else []


def recovered(repository: Repository) -> Recovered | None:
    """End what a command that was killed left undone.

    Cheap when there is nothing to do, and safe to call at any time: while another command is at
    work, its plan is its own.

    Returns:
        What was done; None when there was nothing, or another command is at work.

    Raises:
        CourseError: when something is in the way, with what to do about it.
    """
    if not (repository.state / "journal").exists():
        return None
    lock = FileLock(repository.state / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    try:
        return _recover(repository)
    finally:
        lock.release()


def at_work(repository: Repository) -> str:
    """Return the verb that is changing the working copy at this moment; empty when none is."""
    journal = _Journal(repository)
    try:
        return str(journal.plan["verb"]) if journal.load() and _held(repository) else ""
    except (ValueError, KeyError):
        return ""


def entry_of(path: Path) -> Entry | None:
    """Return a file on the disk as git would name it; None where there is none.

    Raises:
        IsADirectoryError: when a folder is there.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(str(path))
    if stat.S_ISLNK(found.st_mode):
        return Entry(LINK, blob_of(os.fsencode(os.readlink(path))))
    mode = PROGRAM if found.st_mode & stat.S_IXUSR else FILE
    return Entry(mode, blob_of(path.read_bytes()))


def blob_of(content: bytes) -> str:
    """Return the name that git gives some content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def backup_folder(repository: Repository, verb: str) -> str:
    """Return a path from the root, not in use yet, for what a verb takes away."""
    stamp = time.strftime("%Y-%m-%dT%H-%M-%S")
    base = f".course/backups/{stamp}-{verb}"
    name, number = base, 1
    while (repository.root / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name


# -- before anything is touched ------------------------------------------------------------


def _check(repository: Repository, plan: Plan) -> None:
    """Refuse a plan that does not fit the disk as it is."""
    root = repository.root
    gone = {move.source for move in plan.moves}
    for move in plan.moves:
        _inside(move.source)
        _inside(move.target)
        if not os.path.lexists(root / move.source):
            raise CourseError(f"{move.source} is not there.", "course lint")
        if os.path.lexists(root / move.target) and move.target not in gone:
            raise CourseError(
                f"{move.target} is in the way: {move.source} is to be there.",
                f"Move {move.target} elsewhere, and try again.",
            )
    removed = {removal.path for removal in plan.removals}
    intentions: list[Remove | Write] = [*plan.removals, *plan.writes]
    for intention in intentions:
        _inside(intention.path)
    _on_one_disk(repository, plan)
    for intention in intentions:
        path = root / _before_moves(intention.path, plan.moves)
        for parent in path.relative_to(root).parents:
            there = root / parent
            if not there.is_symlink() and (there.is_dir() or not there.exists()):
                continue
            if _after(parent, plan.moves) not in removed:
                raise CourseError(
                    f"{parent.as_posix()} is not a folder, and {intention.path} is to be in it.",
                    f"Move {parent.as_posix()} elsewhere, and try again.",
                )
        try:
            found = entry_of(path)
        except IsADirectoryError:
            # A folder may stand where a file is to be only if it will be empty by then.
            found = None
            left = _left_in(path, root, plan)
            if left:
                raise CourseError(
                    f"{intention.path} is to be a file, but is a folder that holds {left}, which"
                    " git does not know.",
                    f"Move {left} elsewhere, and try again.",
                ) from None
        if not _same(found, intention.expected):
            raise CourseError(
                f"{intention.path} {_why(found, intention.expected)}. Nothing was written.",
                "Try again; if it is a file that git ignores, move it elsewhere first.",
            )


def _on_one_disk(repository: Repository, plan: Plan) -> None:
    """Refuse a plan for several disks: between them, nothing is renamed at one stroke."""
    home = _disk(repository.state)
    paths = {path for move in plan.moves for path in (move.source, move.target)}
    paths |= {removal.path for removal in plan.removals} | {write.path for write in plan.writes}
    for folder in sorted({os.path.dirname(path) for path in paths}):
        if _disk(repository.root / folder) != home:
            top, state = folder.split("/")[0] or ".", repository.state.name
            raise CourseError(
                f"{folder or top} lies on another disk than {state}/, between which no file is"
                " moved at one stroke. Nothing was written.",
                f"Keep {top}/ and {state}/ on one disk: mount the folder that holds both.",
            )


def _disk(path: Path) -> int:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.stat().st_dev


def _why(found: Entry | None, expected: Entry | None) -> str:
    if expected is None:
        return "is to be made, but is there already"
    return "is gone" if found is None else "changed while the command was at work"


def _same(found: Entry | None, expected: Entry | None) -> bool:
    if found is None or expected is None:
        return found is expected
    if found.blob != expected.blob:
        return False
    # A file system without modes shows the mode that it likes, and Windows may hold a link as a
    # file with the same content.
    return sys.platform == "win32" or (found.mode == LINK) == (expected.mode == LINK)


def _inside(path: str) -> None:
    parts = path.split("/")
    outside = path.startswith("/") or any(part in ("", ".", "..") for part in parts)
    if outside or (".git" in parts and parts[0] not in _APART):
        raise CourseError(f"{path!r} is not a path inside the course.")


def _before_moves(path: str, moves: Sequence[Move]) -> str:
    for move in reversed(moves):
        if path == move.target or path.startswith(move.target + "/"):
            path = move.source + path[len(move.target) :]
    return path


def _after(path: Path, moves: Sequence[Move]) -> str:
    found = path.as_posix()
    for move in moves:
        if found == move.source or found.startswith(move.source + "/"):
            found = move.target + found[len(move.source) :]
    return found


def _left_in(folder: Path, root: Path, plan: Plan) -> str:
    going = {_before_moves(removal.path, plan.moves) for removal in plan.removals}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if (path.is_symlink() or not path.is_dir()) and relative not in going:
            return relative
    return ""


# -- the journal itself --------------------------------------------------------------------


class _Journal:
    """A plan on the disk, with the new content to come and the old content put aside."""

    def __init__(self, repository: Repository) -> None:
        self.root = repository.root
        self.repository = repository
        self.folder = repository.state / "journal"
        self.file = self.folder / "plan.json"
        self.done = self.folder / "done.json"
        self.undo = self.folder / "undo"
        self.said: list[str] = []
        self.plan: dict[str, Any] = {}
        # What git put there when it checked out another commit than that of the plan.
        self.checked_out: dict[str, str] = {}

    # 2 and 3 of the module's list

    def prepare(self, plan: Plan, verb: str) -> None:
        try:
            self._prepare(plan, verb)
        except BaseException:
            # Unless the plan is in place already, nothing has begun. If it is, nothing has begun
            # either, but the next call must not begin it: the caller was told that it failed.
            self.file.unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _prepare(self, plan: Plan, verb: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        _operation("mkdir")
        (self.folder / "new").mkdir(parents=True)
        (self.folder / "old").mkdir()
        writes = []
        for number, write in enumerate(plan.writes):
            staged = self.folder / "new" / str(number)
            _stage(staged, write, self._permissions(write, plan))
            if plan.stamp:
                _stamp(staged, plan.stamp)
            writes.append(
                {
                    "path": write.path,
                    "blob": blob_of(write.content),
                    "expected": _as_json(write.expected),
                    "keep": write.keep,
                }
            )
        self.plan = {
            "verb": verb,
            "call": list(call),
            "head": _head(self.root),
            "backups": backup_folder(self.repository, verb),
            "moves": [[move.source, move.target] for move in plan.moves],
            "removals": [
                {"path": r.path, "expected": _as_json(r.expected), "keep": r.keep}
                for r in plan.removals
            ],
            "writes": writes,
        }
        _write_flushed(self.folder / "undo.ready", b"")
        _write_flushed(self.folder / "plan.new", json.dumps(self.plan).encode())
        _flush_folder(self.folder / "new")
        _operation("rename plan")
        (self.folder / "plan.new").replace(self.file)
        _flush_folder(self.folder)

    def _permissions(self, write: Write, plan: Plan) -> int | None:
        """Return the permissions of a new file: those of the file it replaces, where it can."""
        if write.mode == LINK:
            return None
        path = self.root / _before_moves(write.path, plan.moves)
        try:
            found = path.lstat().st_mode
            bits = stat.S_IMODE(found) if stat.S_ISREG(found) else 0o666 & ~_umask()
        except OSError:
            bits = 0o666 & ~_umask()
        if write.mode == PROGRAM:
            return bits | (0o111 & ~_umask()) | stat.S_IXUSR
        return bits & ~0o111

    def load(self) -> bool:
        """Read the plan that an earlier process left; False when there is none."""
        try:
            self.plan = json.loads(self.file.read_bytes())
        except FileNotFoundError:
            return False
        return True

    def ended(self) -> Recovered | None:
        """Return what a process had done that was killed when nothing but its traces was left."""
        try:
            plan = json.loads(self.done.read_bytes())
        except FileNotFoundError:
            return None
        said = f"`course {plan['verb']}` was interrupted when all of it was done."
        return Recovered(plan["verb"], tuple(plan["call"]), True, (said,))

    # 4

    def forward(self, *, resumed: bool) -> None:
        """Do what is not done yet.

        Args:
            resumed: whether an earlier process began. What a person changed since then is put into
                the backups; without an interruption it ends the attempt.
        """
        for source, target in self.plan["moves"]:
            here, there = self.root / source, self.root / target
            if not os.path.lexists(here) or (resumed and os.path.lexists(there)):
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            _operation("rename folder")
            os.rename(here, there)
        for number, removal in enumerate(self.plan["removals"]):
            self._remove(f"r{number}", removal, resumed)
        for number, write in enumerate(self.plan["writes"]):
            self._write(number, write, resumed)

    def _remove(self, name: str, removal: Mapping[str, Any], resumed: bool) -> None:
        aside, path = self.folder / "old" / name, self.root / removal["path"]
        if os.path.lexists(aside) or not os.path.lexists(path):
            return
        _operation("rename away")
        os.rename(path, aside)
        self._judge(aside, removal, resumed)
        self._prune(path.parent)

    def _write(self, number: int, write: Mapping[str, Any], resumed: bool) -> None:
        new, aside = self.folder / "new" / str(number), self.folder / "old" / f"w{number}"
        path = self.root / write["path"]
        if not os.path.lexists(new):
            return
        if os.path.lexists(aside):
            # Killed between putting the old content aside and replacing it.
            if entry_of(aside) == entry_of(path):
                aside.unlink()
            else:
                self._back_up(aside, write["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            _operation("remove empty folders")
            _remove_empty(path)
        if os.path.lexists(path):
            _operation("link old")
            _put_aside(path, aside)
        self._judge(aside, write, resumed)
        _operation("rename into place")
        os.replace(new, path)

    def _judge(self, aside: Path, intention: Mapping[str, Any], resumed: bool) -> None:
        """Compare what was there with what the plan's maker saw."""
        if _same(entry_of(aside), _from_json(intention["expected"])):
            return
        if not resumed:
            raise CourseError(
                f"{intention['path']} changed while the command was at work. Nothing was written.",
                "Save your editor's files, and try again.",
            )
        if os.path.lexists(aside):
            kept = self._back_up(aside, intention["path"])
            self.said.append(f"{intention['path']} was changed meanwhile; your version: {kept}")

    def _prune(self, folder: Path) -> None:
        """Take away folders that became empty, as git does."""
        while folder != self.root and self.root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _back_up(self, aside: Path, path: str) -> str:
        base = f"{self.plan['backups']}/{path}"
        name, number = base, 1
        while os.path.lexists(self.root / name):
            number += 1
            name = _numbered(base, number)
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _operation("rename to backups")
        os.rename(aside, target)
        return name

    def disturbed(self) -> bool:
        """Whether something of what an earlier process had done was put back by others.

        So it is after ``git checkout`` or ``git stash``: to do the rest would leave half of it.
        """
        if any(self._twice()) or self.find_checked_out():
            return True
        for number, removal in enumerate(self.plan["removals"]):
            if os.path.lexists(self.folder / "old" / f"r{number}") and self._is_back(removal):
                return True
        return any(
            not os.path.lexists(self.folder / "new" / str(number)) and self._is_back(write)
            for number, write in enumerate(self.plan["writes"])
        )

    def find_checked_out(self) -> bool:
        """Find what another commit has, as git has put it there since, and no one else."""
        head = _head(self.root)
        if not head or head == self.plan.get("head", head):
            return False
        found = _files_at(self.root, head)
        for intention in (*self.plan["removals"], *self.plan["writes"]):
            path, expected = intention["path"], _from_json(intention["expected"])
            here = self.root / path
            if path not in found or (here.is_dir() and not here.is_symlink()):
                continue
            now = entry_of(here)
            known = {expected and expected.blob, intention.get("blob")}
            if now is not None and now.blob == found[path] and now.blob not in known:
                self.checked_out[path] = now.blob
        return bool(self.checked_out)

    def _leave(self, aside: Path, intention: Mapping[str, Any]) -> bool:
        """Leave a file as another commit has it; what a person had there goes to the backups."""
        path = intention["path"]
        if path not in self.checked_out:
            return False
        if intention["keep"] and os.path.lexists(aside):
            kept = self._back_up(aside, path)
            self.said.append(f"{path} is as the commit has it; your version: {kept}")
        return True

    def _is_back(self, intention: Mapping[str, Any]) -> bool:
        """Whether a file is again as it was before the plan."""
        expected = _from_json(intention["expected"])
        path = self.root / intention["path"]
        if expected is not None and expected.blob == intention.get("blob"):
            return False  # Only its mode was to change.
        if path.is_dir() and not path.is_symlink():
            return False
        return _same(entry_of(path), expected)

    def _twice(self) -> Iterator[tuple[Path, Path]]:
        """Yield both places of each folder that is under both of its names.

        A name that one move frees and another takes says nothing: something is to be there.
        """
        sources, targets = ({move[side] for move in self.plan["moves"]} for side in (0, 1))
        for source, target in self.plan["moves"]:
            here, there = self.root / source, self.root / target
            if source in targets or target in sources:
                continue
            if os.path.lexists(here) and os.path.lexists(there):
                yield here, there

    def _settle(self) -> None:
        """Where a folder is under both of its names, gather it under the old one.

        Git has made it again there; what is left under the new name are files that git ignores,
        and what others changed meanwhile, which goes to the backups.
        """
        for here, there in self._twice():
            for path in _files_in(there):
                old = here if path == there else here / path.relative_to(there)
                if _is_free(old):
                    old.parent.mkdir(parents=True, exist_ok=True)
                    _operation("rename back")
                    os.rename(path, old)
                elif old.is_file() and entry_of(old) == entry_of(path):
                    _operation("unlink second")
                    path.unlink()
                else:
                    name = path.relative_to(self.root).as_posix()
                    kept = self._back_up(path, name)
                    self.said.append(f"{name} was changed meanwhile; your version: {kept}")
            if there.is_dir() and not there.is_symlink():
                _remove_empty(there)
            self._prune(there.parent)

    def back(self) -> None:
        """Put everything back as it was before the plan."""
        # The mark was made while there was room for it: a rename needs none.
        ready = self.folder / "undo.ready"
        if ready.exists():
            _operation("mark undo")
            ready.replace(self.undo)
        for number, write in reversed(list(enumerate(self.plan["writes"]))):
            self._unwrite(number, write)
        for number, removal in reversed(list(enumerate(self.plan["removals"]))):
            aside = self.folder / "old" / f"r{number}"
            if not self._leave(aside, removal):
                self._put_back(aside, removal["path"])
        self._settle()
        for source, target in reversed(self.plan["moves"]):
            here, there = self.root / source, self.root / target
            if os.path.lexists(there) and not os.path.lexists(here):
                here.parent.mkdir(parents=True, exist_ok=True)
                _operation("rename folder back")
                os.rename(there, here)
                self._prune(there.parent)
        self._sweep()

    def _unwrite(self, number: int, write: Mapping[str, Any]) -> None:
        new, aside = self.folder / "new" / str(number), self.folder / "old" / f"w{number}"
        path = self.root / write["path"]
        if os.path.lexists(new):
            # Not put in place: what was put aside is a second name for what is still there.
            if write["expected"] is None:
                self._prune(path.parent)
            return
        found = entry_of(path)
        made = write["expected"] is None
        if self._leave(aside, write):
            return
        if not made and not os.path.lexists(aside):
            return  # An earlier attempt put it back.
        if not made and _same(found, _from_json(write["expected"])):
            return  # Git put it back.
        if found is not None and found.blob != write["blob"]:
            kept = self._back_up(path, write["path"])
            self.said.append(f"{write['path']} was changed meanwhile; your version: {kept}")
        elif found is not None and made:
            # It is in the journal again, as something not yet put in place.
            _operation("rename out of place")
            os.replace(path, new)
        if made:
            self._prune(path.parent)
        else:
            self._put_back(aside, write["path"])

    def _put_back(self, aside: Path, path: str) -> None:
        if not os.path.lexists(aside):
            return
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target) and aside.name.startswith("r"):
            if not target.is_dir() and entry_of(target) == entry_of(aside):
                return  # Git put it back.
            kept = self._back_up(target, path)
            self.said.append(f"{path} was made meanwhile; your version: {kept}")
        _operation("rename back")
        os.replace(aside, target)

    # 5

    def close(self) -> Path | None:
        """Move to the backups what is nowhere else, and take the plan away."""
        for kind, intentions in (("r", self.plan["removals"]), ("w", self.plan["writes"])):
            for number, intention in enumerate(intentions):
                aside = self.folder / "old" / f"{kind}{number}"
                if intention["keep"] and os.path.lexists(aside):
                    self._back_up(aside, intention["path"])
        # A command that is killed from here on has done all: called again, it must be told so.
        _operation("mark done")
        os.replace(self.file, self.done)
        self._sweep()
        kept = self.root / self.plan["backups"]
        return kept if kept.exists() else None

    def _sweep(self) -> None:
        _operation("unlink plan")
        self.file.unlink(missing_ok=True)
        _operation("sweep")
        for name in ("new", "old"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _recover(repository: Repository) -> Recovered | None:
    journal = _Journal(repository)
    if not journal.folder.exists():
        return None
    if not journal.load():
        found = journal.ended()
        shutil.rmtree(journal.folder, ignore_errors=True)
        return found
    verb, words = journal.plan["verb"], tuple(journal.plan.get("call", ()))
    said = f"`course {verb}` was interrupted"
    try:
        if journal.undo.exists():
            journal.find_checked_out()
            journal.back()
            said += "; everything was put back."
            return Recovered(verb, words, False, (said, *journal.said))
        if journal.disturbed():
            journal.back()
            said += "; part of it was put back since (by git?), and the rest of it is now."
            return Recovered(verb, words, False, (said, *journal.said))
        journal.forward(resumed=True)
        kept = journal.close()
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else "what is in the way"
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "Free some space" if full else f"Move {name} away, or make it writable"
        raise CourseError(
            f"`course {verb}` was interrupted, so the working copy is half written, and it cannot"
            f" be finished: {error}",
            f"{remedy}, then: course doctor",
        ) from None
    backups = [f"What it replaced is in {kept}."] if kept else []
    said += "; the rest was done now."
    return Recovered(verb, words, True, (said, *journal.said, *backups))


def _held(repository: Repository) -> bool:
    lock = FileLock(repository.state / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


# -- single operations on the disk ----------------------------------------------------------


def _operation(name: str) -> None:
    before_operation(name)


def _stage(path: Path, write: Write, permissions: int | None) -> None:
    if write.mode == LINK:
        _operation("symlink")
        try:
            os.symlink(os.fsdecode(write.content), path)
            return
        except OSError:
            if sys.platform != "win32":
                raise
            # Without the right to make links git writes a file with the link's text.
    _write_flushed(path, write.content, permissions)


def _stamp(path: Path, stamp: int) -> None:
    """Set a file's time of modification; where a link has none of its own, it stays as it is."""
    if os.utime in os.supports_follow_symlinks or not path.is_symlink():
        os.utime(path, ns=(stamp, stamp), follow_symlinks=not path.is_symlink())


def _write_flushed(path: Path, content: bytes, permissions: int | None = None) -> None:
    _operation("create")
    with path.open("wb") as file:
        _operation("write")
        file.write(content)
        file.flush()
        _operation("fsync")
        os.fsync(file.fileno())
    if permissions is not None:
        path.chmod(permissions)


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # A folder cannot be opened there.
    _operation("fsync folder")
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put_aside(path: Path, aside: Path) -> None:
    """Give a file a second name in the journal, without a moment in which it has none."""
    if path.is_symlink():
        os.symlink(os.readlink(path), aside)
        return
    try:
        os.link(path, aside)
    except OSError:
        # A file system without hard links: the copy takes its name when it is whole.
        part = aside.with_name(aside.name + ".part")
        shutil.copy2(path, part)
        part.replace(aside)


def _numbered(path: str, number: int) -> str:
    """Return a path with a number at its end, its name cut where there is no room for that."""
    folder, slash, name = path.rpartition("/")
    mark = f".{number}"
    encoded = os.fsencode(name)[: _LONGEST - len(mark)]
    return f"{folder}{slash}{os.fsdecode(encoded)}{mark}"


def _is_free(path: Path) -> bool:
    """Whether a file can be put at a path: nothing is there, and no file where a folder must be."""
    if os.path.lexists(path):
        return False
    above = next(parent for parent in path.parents if os.path.lexists(parent))
    return above.is_dir()


def _files_in(folder: Path) -> list[Path]:
    """Return every file below a path, links as such; the path itself, if it is one."""
    if folder.is_symlink() or not folder.is_dir():
        return [folder]
    found = sorted(folder.rglob("*"))
    return [path for path in found if path.is_symlink() or not path.is_dir()]


def _head(root: Path) -> str:
    """Return the commit that is checked out; empty where there is none."""
    words = ["rev-parse", "--verify", "--quiet", "HEAD"]
    return git.run(words, cwd=root, codes=(0, 1, 128)).stdout.decode("ascii").strip()


def _files_at(root: Path, commit: str) -> dict[str, str]:
    """Return the blobs of a commit's files by path from the root of the course."""
    found = git.run(["ls-tree", "-r", "-z", commit], cwd=root).stdout
    records = filter(None, found.decode("utf-8", "surrogateescape").split("\0"))
    pairs = (record.partition("\t") for record in records)
    return {path: meta.split()[2] for meta, _, path in pairs}


def _remove_empty(folder: Path) -> None:
    """Take away a folder that holds nothing but folders; one that holds a file stays."""
    for parent, _, _ in os.walk(folder, topdown=False):
        os.rmdir(parent)


def _umask() -> int:
    # There is no way to ask without setting it; the tool has no other thread while it writes.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _as_json(entry: Entry | None) -> list[str] | None:
    return None if entry is None else [entry.mode, entry.blob]


def _from_json(value: Sequence[str] | None) -> Entry | None:
    return None if value is None else Entry(value[0], value[1])
