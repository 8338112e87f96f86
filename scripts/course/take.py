"""A file of a step, fetched into a folder of one's own, with a backup of what it replaces."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from course import names, workspace
from course.chain import Chain, Link
from course.errors import CourseError
from course.git import Entry
from course.journal import backup_folder
from course.repository import replacing


@dataclass(frozen=True)
class Taken:
    """A file that was fetched.

    Attributes:
        path: where it is in the folder.
        digest: the sha256 of its content, as its page lists it.
        state: ``new``, ``same`` (nothing was written) or ``replaced``.
        backup: where the replaced file is; None if none was replaced.
    """

    path: str
    digest: str
    state: str
    backup: Path | None = None


def take(chain: Chain, link: Link, paths: list[str], folder: Path) -> list[Taken]:
    """Fetch files of a step into a folder.

    Args:
        chain: the chain.
        link: the step.
        paths: the files, as the step names them; all generated and vendored ones, if none is named.
        folder: where to; it must lie outside the chain's own folders.

    Raises:
        CourseError: when the step has no such file, or the folder is a snapshot. Nothing is
            written then.
    """
    folder = folder.resolve()
    for other in chain:
        home = chain.path(other).resolve()
        if folder == home or home in folder.parents:
            raise CourseError(
                f"{folder} is a snapshot of the course itself.",
                "Change into the folder of your own project, or name it with --to.",
            )
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}.", "Make it, or name another with --to.")
    entries = wanted(chain, link, paths)
    for path in entries:
        if (folder / path).is_dir():
            raise CourseError(f"{folder / path} is a folder.", "Move it elsewhere, and try again.")
    contents = chain.store.blobs(entry.blob for entry in entries.values())
    backups = chain.repository.root / backup_folder(chain.repository, "take")
    taken = []
    for path in entries:
        content = contents[entries[path].blob]
        digest = hashlib.sha256(content).hexdigest()
        target = folder / path
        if not os.path.lexists(target):
            _place(target, content, link, chain, path)
            taken.append(Taken(path, digest, "new"))
            continue
        if not target.is_symlink() and target.read_bytes() == content:
            taken.append(Taken(path, digest, "same"))
            continue
        # The copy is complete before the file is replaced: a killed process loses nothing.
        backup = backups / path
        backup.parent.mkdir(parents=True, exist_ok=True)
        backup.write_bytes(target.read_bytes())
        _place(target, content, link, chain, path)
        taken.append(Taken(path, digest, "replaced", backup))
    return taken


def wanted(chain: Chain, link: Link, paths: list[str]) -> dict[str, Entry]:
    """Return the files of a step that are meant, by path.

    Args:
        chain: the chain.
        link: the step.
        paths: the files, as the step names them; all generated and vendored ones, if none is named.

    Raises:
        CourseError: when the step has no such file.
    """
    entries = chain.entries(link)
    wanted_paths = [path.replace(os.sep, "/").removeprefix("./") for path in paths]
    wanted_paths = wanted_paths or sorted(chain.marked(link, list(entries)))
    if not wanted_paths:
        raise CourseError(
            f"{link.name} has no generated or vendored file.", f"course take {link.label} PATH"
        )
    for path in wanted_paths:
        if path not in entries:
            raise CourseError(
                f"{link.name} has no file {names.shown(path)}.", f"course show {link.label}"
            )
    return {path: entries[path] for path in wanted_paths}


def _place(target: Path, content: bytes, link: Link, chain: Chain, path: str) -> None:
    with replacing(target) as fresh:
        workspace.write_entry(fresh, chain.entries(link)[path], content)
