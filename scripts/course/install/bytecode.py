"""The bytecode of installed packages, compiled once where several environments have the same files.

Python compiles a module when it is first imported, and an environment that was just filled has to
compile whatever a command imports: for Django alone that takes longer than the command. Whether the
bytecode is that of a file Python tells by the file's size and time, and an installer that takes
files from its cache keeps both. So an environment is given what another one has compiled of equal
files. What it is not given, or what does not fit, Python compiles.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_FOLDER = "__pycache__"


def share(source: Path, target: Path) -> int:
    """Give an environment the bytecode that another one has of the files that both have.

    Args:
        source: the folder of the environment that has some.
        target: the folder of the environment that lacks it.

    Returns:
        How many files of bytecode were given.
    """
    count = 0
    for folder, names in _compiled(source):
        there = os.path.join(target, os.path.relpath(folder, source))
        if not os.path.isdir(there):
            continue
        caches = os.path.join(there, _FOLDER)
        present = set(os.listdir(caches)) if os.path.isdir(caches) else set()
        fitting: dict[str, bool] = {}
        for name in names:
            module = f"{name.partition('.')[0]}.py"
            if name in present:
                continue
            if module not in fitting:
                own = _stamp(folder, module)
                fitting[module] = own is not None and own == _stamp(there, module)
            if fitting[module]:
                os.makedirs(caches, exist_ok=True)
                count += _link(os.path.join(folder, _FOLDER, name), os.path.join(caches, name))
    return count


def _compiled(environment: Path) -> Iterator[tuple[str, list[str]]]:
    """Return each folder of an environment that has bytecode, with the names of what it has."""
    for folder, folders, names in os.walk(environment):
        if os.path.basename(folder) == _FOLDER:
            # Of an optimised run, or of a tool that rewrites what it imports, nothing is taken.
            plain = [name for name in names if name.count(".") == 2 and name.endswith(".pyc")]
            yield os.path.dirname(folder), plain
            folders.clear()


def _stamp(folder: str, name: str) -> tuple[int, int] | None:
    """Return what Python compares: a file's time, in nanoseconds here, and its size."""
    try:
        found = os.stat(os.path.join(folder, name))
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _link(source: str, target: str) -> bool:
    """Give a file a second name, or copy it; Python replaces such a file, and never changes it."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:
        try:
            shutil.copy2(source, target)
        except OSError:
            return False
    return True
