"""Migrated and filled databases, and files beside them, kept for reuse: how many are kept.

A database that is migrated and filled is needed again and again of one and the same step: for the
upgrade of the next one, and for the console blocks of its page. What the commands left are files
that are no part of the snapshot, and what is in the room of the copy in the backing services. Both
are kept under a key that names everything that they depend on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from course import git
from course.repository import Repository
from course.services import contents
from course.services.contents import Addresses

_FOLDER = "prepared"
_FILES = "files"
_ROOM = "room"
# So many are kept, those that were made last.
_MOST = 200
_BYTECODE = "__pycache__"


def prepare(
    repository: Repository,
    key: str,
    copy: Path,
    addresses: Addresses,
    run: Callable[[], object],
    *,
    believe: bool = True,
) -> bool:
    """Bring a copy to where some commands bring it: by what is kept, or else by the commands.

    Args:
        repository: the course.
        key: what the outcome of the commands depends on.
        copy: the copy, a git repository, that was configured and nothing else.
        addresses: where its room is, which is empty.
        run: runs the commands.
        believe: whether what is kept may be taken.

    Returns:
        Whether it was taken.
    """
    place = repository.state_folder(_FOLDER) / key
    if believe and place.is_dir() and contents.fill(addresses, place / _ROOM):
        shutil.copytree(place / _FILES, copy, symlinks=True, dirs_exist_ok=True)
        return True
    before = _others(copy)
    run()
    _keep(place, copy, before, addresses)
    return False


def _keep(place: Path, copy: Path, before: set[str], addresses: Addresses) -> None:
    """Keep what came into a copy; where that is not all that was done to it, nothing is kept."""
    if git.run(["status", "--porcelain", "--untracked-files=no"], cwd=copy).stdout:
        return
    fresh = place.with_name(f".{place.name}.{os.getpid()}.{os.urandom(3).hex()}")
    try:
        (fresh / _FILES).mkdir(parents=True)
        (fresh / _ROOM).mkdir()
        for path in _others(copy) - before:
            target = fresh / _FILES / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(copy / path, target, follow_symlinks=False)
        if contents.keep(addresses, fresh / _ROOM):
            shutil.rmtree(place, ignore_errors=True)
            fresh.rename(place)
            _prune(place.parent)
    except OSError:
        # A full disk, or another run that keeps the same: it costs time, and no more.
        pass
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _others(copy: Path) -> set[str]:
    """Return the files of a copy that are no part of the snapshot, ignored ones included."""
    said = git.run(["ls-files", "--others", "-z"], cwd=copy).stdout
    paths = os.fsdecode(said).split("\0")
    return {path for path in paths if path and _BYTECODE not in path.split("/")}


def _prune(folder: Path) -> None:
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_MOST:]:
        shutil.rmtree(path, ignore_errors=True)
