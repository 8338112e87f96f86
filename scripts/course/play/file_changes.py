"""Begins, solves and restores the playground: names of backups, what each holds.

Backup and change are one plan of the journal: all of both happens, or nothing. A backup is in
``.course/backups/NAME``: under ``playground/`` the learner's files, and in ``backup.json`` what
was done. Two kinds there are. Beginning puts the whole folder aside, with what git ignores and the
learner's own git, by renaming what is in it: the folder itself stays, and with it the terminal
that stands in it. Solving and fetching keep a copy of just the files that they replace.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course import journal, workspace
from course.chain import NOTHING, Chain, Link
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry
from course.journal import LINK, Move, Plan, Remove, Write, blob_of, entry_of
from course.play import folder, progress as progress_of
from course.play.folder import ENVIRONMENT, NAME, Playground
from course.play.progress import Progress
from course.repository import Repository

_BACKUPS = ".course/backups"
_RECORD = "backup.json"
_NEW = ".course/playground/new"


@dataclass(frozen=True)
class Backup:
    """What a verb put aside.

    Attributes:
        name: what it is restored by.
        verb: the verb.
        whole: whether it is the whole folder, and not just some files.
        made: files that the verb made where there were none, each with its blob.
        progress: where the learner was, as it was kept; empty where that could not be read.
        files: how many files it holds.
        begun: the slug of the step that the learner had; empty for none, or where it is not known.
    """

    name: str
    verb: str
    whole: bool = False
    made: Mapping[str, str] = field(default_factory=dict)
    progress: str = ""
    files: int = 0
    begun: str = ""

    @property
    def remedy(self) -> str:
        """The command that brings it back."""
        return f"course reset --restore {self.name}"

    def encoded(self) -> bytes:
        """Return what is written beside it."""
        kept = {name: getattr(self, name) for name in ("verb", "whole", "progress", "begun")}
        return (json.dumps({**kept, "made": dict(self.made)}, indent=1) + "\n").encode("utf-8")


@dataclass(frozen=True)
class Changed:
    """What was done to the playground.

    Attributes:
        files: by path, ``new``, ``replaced``, ``deleted`` or ``same``.
        digests: by path, the sha256 of a file as it is now.
        backup: what was put aside; None when nothing had to be.
        said: what else a person should know.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    backup: Backup | None = None
    said: tuple[str, ...] = ()


def begin(chain: Chain, link: Link | None, verb: str) -> Changed:
    """Begin the playground again from a step, with the one that is there put aside.

    Args:
        chain: the course.
        link: the step; None for an empty folder.
        verb: on whose behalf.
    """
    tree = chain.tree_of(link) if link else EMPTY_TREE
    if link and tree == EMPTY_TREE:
        raise CourseError(f"{link.folder} is missing or empty.", f"git checkout -- {link.folder}")
    repository = chain.repository
    with journal.changing(repository, verb) as writer:
        old = _kept_progress(repository)
        new = repository.root / _NEW
        workspace.remove(new)
        workspace.write_entries(chain.store, chain.entries(link) if link else {}, new)
        folder.make_git(new, chain, tree, progress_of.named(link))
        name, plan = _put_aside(repository, verb)
        plan.moves += [Move(f"{_NEW}/{child}", f"{NAME}/{child}") for child in _children(new)]
        now = (old or Progress()).moved(link, tree, progress_of.next_link(chain, link), chain)
        _remember(repository, plan, now, name)
        backup = _record(repository, plan, name, verb)
        writer.carry_out(plan)
        workspace.remove(new)
        return Changed(backup=backup, said=tuple(writer.said))


def replace(playground: Playground, wanted: Mapping[str, Entry | None], verb: str) -> Changed:
    """Give files of the playground the content that they have in a step.

    Args:
        playground: the playground.
        wanted: the files by path; None for one that is to go.
        verb: on whose behalf.
    """
    chain, root = playground.chain, playground.root
    contents = chain.store.blobs(entry.blob for entry in wanted.values() if entry)
    new = {
        path: (contents[entry.blob], entry.mode) if entry else None
        for path, entry in wanted.items()
    }
    with journal.changing(chain.repository, verb) as writer:
        changed = _replace(chain.repository, root, new, verb, writer)
        return Changed(changed.files, changed.digests, changed.backup, tuple(writer.said))


def _replace(
    repository: Repository,
    root: Path,
    new: Mapping[str, tuple[bytes, str] | None],
    verb: str,
    writer: journal.Writer,
) -> Changed:
    name = _backup_name(repository, verb)
    plan, files, made, digests = Plan(), dict[str, str](), dict[str, str](), dict[str, str]()
    kept = 0
    for path, content in sorted(new.items()):
        present = _present(root / path)
        digests[path] = hashlib.sha256(content[0]).hexdigest() if content else ""
        if content is None and present is None or content == present:
            files[path] = "same"
            continue
        expected = Entry(present[1], blob_of(present[0])) if present else None
        if present:
            kept += 1
            plan.writes.append(
                Write(f"{_BACKUPS}/{name}/{NAME}/{path}", present[0], None, present[1])
            )
        if content is None:
            assert expected is not None
            files[path] = "deleted"
            plan.removals.append(Remove(f"{NAME}/{path}", expected))
        else:
            files[path] = "replaced" if present else "new"
            plan.writes.append(Write(f"{NAME}/{path}", content[0], expected, content[1]))
            if not present:
                made[path] = blob_of(content[0])
    had = _had(repository)
    backup = Backup(name, verb, made=made, files=kept, begun=had) if plan else None
    if backup:
        plan.writes.append(Write(f"{_BACKUPS}/{name}/{_RECORD}", backup.encoded(), None))
    writer.carry_out(plan)
    return Changed(files, digests, backup)


def solution(playground: Playground, paths: Iterable[str]) -> dict[str, Entry | None]:
    """Return the files that the next step has otherwise, or some of them.

    Args:
        playground: the playground.
        paths: files or folders of it; all that differs, if none is named.

    Raises:
        CourseError: when neither the step nor the playground has such a file.
    """
    aim = playground.required_aim()
    target = playground.chain.entries(aim)
    before = playground.chain.store.entries(playground.begun_tree)
    wanted: dict[str, Entry | None] = {
        path: entry for path, entry in target.items() if playground.entries.get(path) != entry
    }
    # What the step takes away; a file of the learner's own is none of its business.
    wanted |= {path: None for path in playground.entries if path in before and path not in target}
    named = [inside(playground, path) for path in paths]
    if not named or "." in named:
        return wanted
    chosen: dict[str, Entry | None] = {}
    for path in named:
        below = {p: e for p, e in wanted.items() if p == path or p.startswith(f"{path}/")}
        if not below and path in target:
            below = {path: target[path]}
        if not below and not any(p.startswith(f"{path}/") for p in target):
            raise CourseError(
                f"{aim.name} has no file {path}, and did not take it away.",
                f"course show {aim.label}",
            )
        chosen |= below
    return chosen


def inside(playground: Playground, text: str) -> str:
    """Return a path inside the playground as a person may name it: from there, or from outside.

    Raises:
        CourseError: when it leads elsewhere.
    """
    if not text:
        raise CourseError("A file has no name.", f"Name it as it is called in {NAME}/.")
    plain = os.path.normpath(text).replace(os.sep, "/")
    given = Path(text)
    if given.is_absolute() or plain.startswith(".."):
        try:
            return given.resolve().relative_to(playground.root.resolve()).as_posix()
        except ValueError:
            raise CourseError(
                f"{text} is not in the playground.", f"Name it as it is called in {NAME}/."
            ) from None
    # `config/urls.py`, or from the folder of the course `playground/config/urls.py`; in a
    # folder of the playground, what is there.
    plain = "." if plain == NAME else plain.removeprefix(f"{NAME}/")
    here = Path.cwd().resolve()
    if here != playground.root.resolve() and playground.root.resolve() in here.parents:
        local = (here / plain).relative_to(playground.root.resolve()).as_posix()
        if os.path.lexists(here / plain):
            return local
    return plain


def restore(chain: Chain, name: str) -> Changed:
    """Bring a backup back; what it replaces is put aside in its turn.

    Raises:
        CourseError: when there is no such backup.
    """
    repository = chain.repository
    with journal.changing(repository, "restore") as writer:
        found = read_backup(repository, name)
        home = repository.root / _BACKUPS / name / NAME
        if found.whole:
            changed = _restore_whole(repository, found, home, writer)
        else:
            new: dict[str, tuple[bytes, str] | None] = {
                path: None
                for path, blob in found.made.items()
                if (entry := _entry(repository.root / NAME / path)) and entry.blob == blob
            }
            for path in _files(home):
                new[path] = _present(home / path)
            root = folder.folder(repository)
            had = _had(repository)
            changed = _replace(repository, root, new, "restore", writer)
            if found.begun and found.begun != had:
                writer.said.append(
                    f"It was made when you had {found.begun}; now you have"
                    f" {had or NOTHING}: its files may not fit."
                )
        return Changed(changed.files, changed.digests, changed.backup, tuple(writer.said))


def _restore_whole(
    repository: Repository, found: Backup, home: Path, writer: journal.Writer
) -> Changed:
    name, plan = _put_aside(repository, "restore")
    source = f"{_BACKUPS}/{found.name}"
    plan.moves += [Move(f"{source}/{NAME}/{child}", f"{NAME}/{child}") for child in _children(home)]
    record = entry_of(repository.root / source / _RECORD)
    assert record is not None
    plan.removals.append(Remove(f"{source}/{_RECORD}", record))
    try:
        before: Progress | None = progress_of.decoded(json.loads(found.progress))
    except (ValueError, TypeError, KeyError):
        before = None
    if before:
        # What was finished meanwhile stays finished.
        since = _kept_progress(repository) or Progress()
        finished = {**before.finished, **since.finished}
        _remember(repository, plan, Progress(**{**before.__dict__, "finished": finished}), name)
    backup = _record(repository, plan, name, "restore")
    writer.carry_out(plan)
    for empty in (home, home.parent):
        try:
            empty.rmdir()
        except OSError:
            break
    return Changed(backup=backup)


def read_backup(repository: Repository, name: str) -> Backup:
    """Return a backup of the playground by its name.

    Raises:
        CourseError: when there is none of this name.
    """
    home = repository.root / _BACKUPS / name
    found = _read(home) if name and name == os.path.basename(name) else None
    if found is None:
        known = ", ".join(backup.name for backup in backups(repository)[:5]) or "none yet"
        raise CourseError(
            f"There is no backup {name!r} of the playground. There are: {known}.",
            "course reset --list",
        )
    return found


def backups(repository: Repository) -> list[Backup]:
    """Return every backup of the playground, the newest first."""
    home = repository.root / _BACKUPS
    folders = sorted(home.iterdir(), reverse=True) if home.is_dir() else []
    return [backup for path in folders if (backup := _read(path))]


def move_on(playground: Playground) -> Playground:
    """Note that the next step is finished, and return the playground as one that has it.

    A playground that was begun again meanwhile stays where it is.
    """
    chain, aim = playground.chain, playground.required_aim()
    tree = chain.tree_of(aim)
    after = progress_of.next_link(chain, aim)
    with journal.changing(chain.repository, "check") as writer:
        begun = playground.progress
        progress = (_kept_progress(chain.repository) or begun).with_finished(aim)
        # While the tests ran, the playground may have been begun from another step.
        stays = (progress.begun, progress.tree) == (begun.begun, begun.tree)
        if stays:
            folder.keep(playground.root, chain, tree)
            progress = progress.moved(aim, tree, after, chain)
        plan = Plan()
        _remember(chain.repository, plan, progress, "")
        writer.carry_out(plan)
    if not stays:
        return Playground.find(chain)
    return Playground(chain, progress, aim, after)


# -- parts of plans ---------------------------------------------------------------------------


def _put_aside(repository: Repository, verb: str) -> tuple[str, Plan]:
    """Return the plan that puts the whole playground aside, and the backup's name."""
    root = folder.folder(repository)
    if os.path.lexists(root) and (root.is_symlink() or not root.is_dir()):
        what = "a link" if root.is_symlink() else "not a folder"
        raise CourseError(f"{NAME} is {what}.", f"Move {NAME} elsewhere, and try again.")
    name = _backup_name(repository, verb)
    moves = [
        Move(f"{NAME}/{child}", f"{_BACKUPS}/{name}/{NAME}/{child}") for child in _children(root)
    ]
    return name, Plan(moves=moves)


def _children(root: Path) -> list[str]:
    """Return what is in a folder, but for the environment: that can be made again."""
    return sorted(p.name for p in root.iterdir() if p.name != ENVIRONMENT) if root.is_dir() else []


def _record(repository: Repository, plan: Plan, name: str, verb: str) -> Backup | None:
    """Let a plan write the record of a whole backup, if it puts anything aside."""
    moved = [move.source for move in plan.moves if move.source.startswith(f"{NAME}/")]
    if not moved:
        return None
    files = sum(len(_files(repository.root / path)) or 1 for path in moved)
    path = repository.root / progress_of.FILE
    kept = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    had = _had(repository)
    backup = Backup(name, verb, whole=True, progress=kept, files=files, begun=had)
    plan.writes.append(Write(f"{_BACKUPS}/{name}/{_RECORD}", backup.encoded(), None))
    return backup


def _remember(repository: Repository, plan: Plan, progress: Progress, name: str) -> None:
    """Let a plan write where the learner is; what cannot be read goes to the backup."""
    present = _present(repository.root / progress_of.FILE)
    expected = Entry(present[1], blob_of(present[0])) if present else None
    if present and name and _kept_progress(repository) is None:
        kept = f"{_BACKUPS}/{name}/{Path(progress_of.FILE).name}"
        plan.writes.append(Write(kept, present[0], None))
    if present is None or present[0] != progress.encoded():
        plan.writes.append(Write(progress_of.FILE, progress.encoded(), expected))


def _kept_progress(repository: Repository) -> Progress | None:
    try:
        return progress_of.read(repository)
    except CourseError:
        return None


def _had(repository: Repository) -> str:
    found = _kept_progress(repository)
    return found.begun if found else ""


def _backup_name(repository: Repository, verb: str) -> str:
    return journal.backup_folder(repository, verb).rpartition("/")[2]


def _read(home: Path) -> Backup | None:
    try:
        found = json.loads((home / _RECORD).read_text(encoding="utf-8"))
        made = {str(path): str(blob) for path, blob in found["made"].items()}
        files = len(_files(home / NAME))
        verb, progress, begun = (str(found.get(key, "")) for key in ("verb", "progress", "begun"))
        return Backup(home.name, verb, bool(found["whole"]), made, progress, files, begun)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _files(home: Path) -> list[str]:
    """Return the files below a folder, its own git aside."""
    found = []
    for parent, folders, names in os.walk(home):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if Path(parent, name).is_symlink()]
        found += [
            Path(parent, name).relative_to(home).as_posix() for name in sorted([*names, *links])
        ]
    return found


def _present(path: Path) -> tuple[bytes, str] | None:
    """Return the content and mode of a file that is there; a folder counts as nothing."""
    entry = _entry(path)
    if entry is None:
        return None
    content = os.fsencode(os.readlink(path)) if entry.mode == LINK else path.read_bytes()
    return content, entry.mode


def _entry(path: Path) -> Entry | None:
    try:
        return entry_of(path)
    except IsADirectoryError:
        return None
