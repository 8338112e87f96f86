"""Which tests of a step need to be measured, for all of its code to be covered.

To measure coverage makes a suite take half as long again, and more; and most tests reach nothing
that others have not reached before them. What a part of the tests covers, all of them cover. So
from what the run of one link found out, the next link's measures only tests that reached everything
there between them, and those that are new. The later link may be the first to run, for it takes
longer: of the tests that reach the same, those that are in the course for longer are chosen, which
the earlier link has as well. All tests run, and all must pass; the
coverage that is reported is coverage.py's own. Only if it is complete does it count: where it is
not, even when others have run once more (see ``audit/course_covering.py``), the whole command runs
again, and every test is measured.

It is advice, and no result: it may be old or wrong, and costs time then, and no truth.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from course.chain import Chain, Link
from course.repository import Repository, write_if_changed

# In the folder ``audit``, which is on the path of a snapshot's programs.
PLUGIN = "course_covering"

_TEST = re.compile(rb"^[ \t]*(?:async )?def (test\w*)", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What a run of a link's tests found out.

    Attributes:
        known: the tests that ran.
        needed: those that reach, between them, all that is reached.
    """

    known: frozenset[str]
    needed: frozenset[str]

    @property
    def spared(self) -> frozenset[str]:
        """The tests that need not be measured."""
        return self.known - self.needed


class Covering:
    """What is known of the links of a chain, from this run and from earlier ones.

    Args:
        chain: the chain.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._lock = threading.Lock()
        self._found: dict[str, Found] = {}
        self._read: set[str] = set()

    def spared(self, link: Link) -> frozenset[str]:
        """Return the tests that need not be measured, as the nearest link has it."""
        with self._lock:
            links = sorted(self._chain.links, key=lambda other: abs(other.position - link.position))
            for other in links:
                found = self._of(other)
                if found is not None:
                    return found.spared
        return frozenset()

    @cached_property
    def since(self) -> Mapping[str, int]:
        """The position of the first link that has a test, by its file and its function."""
        return _first_positions(self._chain)

    def keep(self, link: Link, runs: Sequence[Found]) -> None:
        """Remember what the runs of a link's test commands found out together."""
        known = frozenset[str]().union(*(run.known for run in runs))
        needed = frozenset[str]().union(*(run.needed for run in runs))
        with self._lock:
            self._found[link.name] = Found(known, needed)
        data = {"known": sorted(known), "needed": sorted(needed)}
        try:
            write_if_changed(self._path(link), json.dumps(data).encode())
        except OSError:
            # The next run has to find it out again.
            return

    def _of(self, link: Link) -> Found | None:
        if link.name not in self._found and link.name not in self._read:
            self._read.add(link.name)
            found = read(self._path(link))
            if found is not None:
                self._found[link.name] = found
        return self._found.get(link.name)

    def _path(self, link: Link) -> Path:
        return _folder(self._chain.repository) / f"{link.step.slug}.json"


def _first_positions(chain: Chain) -> dict[str, int]:
    found: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    for link in chain.links:
        roots = link.step.settings.tests
        files = {
            path: entry.blob
            for path, entry in chain.entries(link).items()
            if path.endswith(".py") and any(map(PurePosixPath(path).is_relative_to, roots))
        }
        for blob, content in chain.store.blobs(set(files.values()) - names.keys()).items():
            names[blob] = [name.decode() for name in _TEST.findall(content)]
        for path, blob in files.items():
            for name in names[blob]:
                found.setdefault(f"{path}::{name}", link.position)
    return found


def _folder(repository: Repository) -> Path:
    return repository.results_folder("covering")


def read(path: Path) -> Found | None:
    """Return what a file says; None where there is none, or it is not to be read."""
    try:
        data = json.loads(path.read_bytes())
        known, needed = frozenset(data["known"]), frozenset(data["needed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Found(known, needed)


@dataclass(frozen=True)
class Measured:
    """A run of tests in which some are spared.

    Attributes:
        file: where the plugin reads which, and writes what it found out.
        spared: the tests.
        since: the position of the first link that has a test, by its file and its function.
    """

    file: Path
    spared: frozenset[str]
    since: Mapping[str, int] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """Write the file, and return the environment variables of the run."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        asked = {"spared": sorted(self.spared), "since": dict(self.since)}
        self.file.write_text(json.dumps(asked), encoding="utf-8")
        return {"PYTEST_PLUGINS": PLUGIN, "COURSE_COVERING": str(self.file)}

    @property
    def lacking(self) -> bool:
        """Whether coverage was measured, and something was not reached."""
        return self._complete() is False

    def found(self) -> Found | None:
        """Return what the run found out; None if nothing was measured, or not all was covered."""
        return read(self.file) if self._complete() else None

    def _complete(self) -> object:
        try:
            return json.loads(self.file.read_bytes()).get("complete")
        except (OSError, ValueError):
            return None
