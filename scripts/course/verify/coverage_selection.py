"""Which tests of a step need to be measured, for all of its code to be covered.

To measure coverage makes a suite take half as long again, and more; and most tests reach nothing
that others have not reached before them. What a part of the tests covers, all of them cover. So
from what the run of one link found out, the next link's measures only the tests that reached
something there for the first time, and those that are new. All tests run, and all must pass; the
coverage that is reported is coverage.py's own. Only if it is complete does it count: where it is
not, even when others have run once more (see ``audit/course_covering.py``), the whole command runs
again, and every test is measured.

It is advice, and no result: it may be old or wrong, and costs time then, and no truth.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course.chain import Chain, Link
from course.repository import Repository, write_if_changed

# In the folder ``audit``, which is on the path of a snapshot's programs.
PLUGIN = "course_covering"


@dataclass(frozen=True)
class Found:
    """What a run of a link's tests found out.

    Attributes:
        known: the tests that ran.
        needed: those that reached something for the first time.
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
    """

    file: Path
    spared: frozenset[str]

    def variables(self) -> dict[str, str]:
        """Write the file, and return the environment variables of the run."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"spared": sorted(self.spared)}), encoding="utf-8")
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
