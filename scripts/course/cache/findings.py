"""What lint, gates and pictures found in the whole course: when it is remembered, never in CI.

Of the whole course, that is every file that git does not ignore (and every one that it knows
although it ignores it), the code of the tool that finds it out, its packages, and the machine, as
`run_once.machine` has it. In CI (``CI`` is set) nothing of this is believed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from course import git
from course.cache import code_version, run_once
from course.chain import Chain
from course.errors import CourseError
from course.repository import write_if_changed


class Kept:
    """One thing that is found out, in a file whose name tells all that it depends on.

    Args:
        path: the file, or what returns it as things are now; None where that cannot be told.
        fresh: whether nothing is believed; what is found out is kept all the same.
    """

    def __init__(self, path: Path | Callable[[], Path | None], *, fresh: bool = False) -> None:
        self._path = path if callable(path) else partial(Path, path)
        self._fresh = fresh
        self._before = self._path()

    def get(self) -> dict[str, Any] | None:
        """Return what is known; None when nothing is, or nothing may be believed."""
        if self._fresh or self._before is None:
            return None
        try:
            found = json.loads(self._before.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, found: dict[str, object]) -> None:
        """Keep what was found out, unless something changed meanwhile."""
        if self._before is not None and self._path() == self._before:
            write_if_changed(self._before, json.dumps(found).encode("utf-8"))


class Known(Kept):
    """One thing that is found out about the whole course; in CI, it is not believed.

    Args:
        chain: the course.
        name: what it is called.
        modules: the modules of the tool that find it out, by their full names.
        parts: what else it depends on.
        fresh: whether nothing is believed; what is found out is kept all the same.
    """

    def __init__(
        self, chain: Chain, name: str, *modules: str, parts: object = (), fresh: bool = False
    ) -> None:
        path = partial(_path, chain, name, modules, parts)
        super().__init__(path, fresh=not run_once.believes(fresh))


def _path(chain: Chain, name: str, modules: tuple[str, ...], parts: object) -> Path | None:
    try:
        content = _content(chain)
    except (CourseError, OSError):
        # What is wrong with the files is said where they are looked at.
        return None
    key = run_once.digest(name, content, run_once.machine(), code_version.version(*modules), parts)
    return chain.repository.results_folder("known") / f"{name}-{key}.json"


def _content(chain: Chain) -> tuple[object, ...]:
    """Return what identifies the files of a course, as they are now."""
    root = chain.repository.root
    tree = chain.store.folder_tree(root)
    listed = git.listed(root, unversioned=True)
    beside = sorted(set(listed) - set(chain.store.entries(tree)))
    there = [(path, stamp(root / path)) for path in beside]
    return (str(root), tree, there)


def stamp(path: Path) -> str:
    """Return what tells whether a file, or anything in a folder, was written since; else ``""``.

    That is the size and the time of each file, as in git's own index.
    """
    found = []
    for folder, folders, files in os.walk(path) if path.is_dir() else [(str(path), [], [""])]:
        folders.sort()
        for name in sorted(files):
            try:
                told = os.lstat(os.path.join(folder, name) if name else folder)
            except OSError:
                continue
            found.append((folder, name, told.st_size, told.st_mtime_ns, told.st_mode))
    return run_once.digest(found) if found else ""
