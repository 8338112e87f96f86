"""What the results of checks depend on: a step's packages, and those of its files that they read.

A check reads all of a snapshot, but for what the catalogue says that it does not.

That is made true: what a check is said not to read (``unread`` in the catalogue) is not there in
the copy that it runs in. So it is no part of what the check's result depends on, and a link that
changes nothing else has the result of the link before. Tests that are unread by the tests
themselves run *apart*, in a whole copy.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from course.cache import check_results
from course.catalogue import Step
from course.chain import Chain, Link
from course.git import Entry
from course.install import environments
from course.services import private_servers

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


class Inputs:
    """What the results of one link's checks depend on.

    Args:
        chain: the chain.
        link: the link.
    """

    def __init__(self, chain: Chain, link: Link) -> None:
        self.chain = chain
        self.link = link
        self._lock = threading.RLock()
        self._contents: dict[tuple[str, ...], str] = {}
        self._files: dict[str, bytes] | None = None

    @property
    def files(self) -> dict[str, bytes]:
        """The files of the snapshot that an install command may name: those at its root."""
        with self._lock:
            if self._files is None:
                entries, commands = self.chain.entries(self.link), self.link.step.commands.install
                self._files = environments.files_named(self.chain.store, entries, commands)
            return self._files

    @property
    def environment_key(self) -> str:
        """What identifies the link's environment."""
        return environments.key(self.link.step.commands.install, self.files)

    def content(self, check: str) -> str:
        """Return what identifies all that a check reads of the snapshot."""
        patterns = unread(self.link.step, check)
        with self._lock:
            if patterns not in self._contents:
                entries = self.chain.entries(self.link)
                self._contents[patterns] = content(read(entries, patterns))
            return self._contents[patterns]

    @property
    def apart(self) -> list[str]:
        """The files with tests that run apart from the others."""
        return apart(self.link.step, self.chain.entries(self.link))

    @property
    def services(self) -> str:
        """What identifies the backing services that the step runs with on this machine."""
        return private_servers.identity(self.link.step.services, self.chain.course.told)

    @property
    def prepared_key(self) -> str:
        """What the database depends on that the step's own commands make and fill."""
        commands = self.link.step.commands
        return check_results.key(
            "prepared",
            self.content("migrate"),
            self.environment_key,
            commands.env,
            commands.migrate,
            commands.demo,
            self.services,
        )
