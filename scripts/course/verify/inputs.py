"""What a check reads of a snapshot: all of it, but for what the catalogue says that it does not.

That is made true: what a check is said not to read (``unread`` in the catalogue) is not there in
the copy that it runs in. So it is no part of what the check's result depends on, and a link that
changes nothing else has the result of the link before. Tests that are unread by the tests
themselves run *apart*, in a whole copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from course.catalogue import Step
from course.git import Entry

# The names of files with tests, as pytest and unittest find them.
_TESTS = ("test*.py", "*_test.py")


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path is meant by one of some patterns: a name in any folder, or a whole path."""
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns)


def unread(step: Step, check: str) -> tuple[str, ...]:
    """Return the patterns of what a check of a step does not read.

    Where single files with tests cannot be run, none can be left to run apart: the tests read all.
    """
    if check == "test" and not step.commands.test_files:
        return ()
    tables = step.settings.unread
    return tuple(path for table in tables if check in table.checks for path in table.paths)


def read(entries: Mapping[str, Entry], patterns: tuple[str, ...]) -> Mapping[str, Entry]:
    """Return the files of a snapshot without those that some patterns mean."""
    if not patterns:
        return entries
    return {path: entry for path, entry in entries.items() if not matches(path, patterns)}


def apart(step: Step, paths: Iterable[str]) -> list[str]:
    """Return the files with tests, of a snapshot's files, that run apart from the others."""
    patterns = unread(step, "test")
    return sorted(
        path
        for path in paths
        if matches(path, patterns)
        and matches(path, _TESTS)
        and any(PurePosixPath(path).is_relative_to(root) for root in step.settings.tests)
    )


def content(entries: Mapping[str, Entry]) -> str:
    """Return what identifies some files by their paths, their modes and what is in them."""
    digest = hashlib.sha256()
    for path, entry in sorted(entries.items()):
        text = f"{entry.mode} {entry.blob} {path}\0"
        digest.update(text.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
