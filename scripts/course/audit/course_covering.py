"""Loaded by pytest inside a snapshot under proof: coverage is measured only where it can grow.

What a part of the tests covers, all of them cover. So where some tests are known to reach every
line and branch between them, the others run just as they always do, but at full speed: coverage.py
stands still meanwhile, and what it reports in the end is still complete. If it would not be, tests
that were not measured run once more, measured and unseen, until it is: first those whose names have
words in common with the files that lack something.

``COURSE_COVERING`` names a JSON file with the tests that need not be measured, under ``spared``,
and, under ``since``, the place in the course where each test first stands. When all have run, the
same file holds: whether coverage is ``complete``; the tests that ran, in ``known``; and in
``needed`` those that reach everything between them. Where the snapshot measures nothing, or its
pytest-cov is another one than this knows, the file stays as it is, and every test is measured.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from array import array
from collections.abc import Generator
from typing import Any

import pytest

# Not for a pytest that a test starts in turn.
_FILE = os.environ.pop("COURSE_COVERING", "")
os.environ.pop("PYTEST_PLUGINS", None)


# How many tests run once more before it is asked again what is lacking; then twice as many.
_FEW = 20


class _Covering:
    """Which tests need to be measured.

    What a test reaches is taken away from coverage.py after it, and given back in the end: so it is
    known of each test by itself, and not only of those that were the first to reach something.
    """

    def __init__(self, cov: Any, spared: frozenset[str], since: dict[str, int]) -> None:
        self.known: list[str] = []
        self._cov = cov
        self._collector = cov._collector
        self._spared = spared
        self._since = since
        self._reached: dict[str, set[Any]] = {}
        self._numbers: dict[tuple[str, Any], int] = {}
        self._by_test: dict[str, array[int]] = {}
        # What is reached by loading the project is no test's own.
        self._loaded = frozenset(self._take())

    @property
    def needed(self) -> list[str]:
        """Between them, these tests reach all that is reached.

        Those that are in the course for the longest come first, since they are in every link near
        this one, and of these the ones that reach most.
        """
        found = []
        covered = set(self._loaded)
        for test in sorted(self._by_test, key=self._rank):
            reached = self._by_test[test]
            if not covered.issuperset(reached):
                covered.update(reached)
                found.append(test)
        return found

    def _rank(self, test: str) -> tuple[int, int]:
        path, _, name = test.partition("[")[0].partition("::")
        since = self._since.get(f"{path}::{name.rpartition('::')[2]}", len(self._since))
        return since, -len(self._by_test[test])

    def _take(self) -> array[int]:
        """Return the numbers of what was reached since it was last asked, in all files."""
        numbers = array("l")
        for path, found in list(self._collector.data.items()):
            taken = list(found)
            # Not `clear`: another thread may have reached more by now.
            found.difference_update(taken)
            self._reached.setdefault(path, set()).update(taken)
            for each in taken:
                numbers.append(self._numbers.setdefault((path, each), len(self._numbers)))
        return numbers

    def _give_back(self) -> None:
        """Let coverage.py have what was taken."""
        for path, found in self._reached.items():
            self._collector.data.setdefault(path, set()).update(found)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run a test with its fixtures, measured or not."""
        self.known.append(item.nodeid)
        if item.nodeid in self._spared:
            self._collector.pause()
            try:
                return (yield)
            finally:
                self._collector.resume()
        result = yield
        self._by_test[item.nodeid] = self._take()
        return result

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run all tests, and then, before coverage is summed up, reach what is lacking."""
        try:
            result = yield
            spared = [item for item in session.items if item.nodeid in self._spared]
            if spared and not (session.testsfailed or session.shouldstop or session.shouldfail):
                self._reach(spared)
            return result
        finally:
            self._give_back()

    def _reach(self, spared: list[pytest.Item]) -> None:
        from _pytest.runner import runtestprotocol  # as other plugins run a test once more

        lacking = self._lacking()
        wanted = {word for path in lacking for word in _words(path)}
        spared.sort(key=lambda item: -len(wanted & _words(item.nodeid)))
        few = _FEW
        while lacking and spared:
            part, spared, few = spared[:few], spared[few:], few * 2
            for item, after in zip(part, [*part[1:], *spared[:1], None]):
                reports = runtestprotocol(item, log=False, nextitem=after)
                if any(report.failed for report in reports):
                    return
                self._by_test[item.nodeid] = self._take()
            lacking = self._lacking()

    def _lacking(self) -> list[str]:
        """Return the files in which something was not reached."""
        self._give_back()
        with tempfile.TemporaryDirectory() as folder:
            report = os.path.join(folder, "coverage.json")
            self._cov.json_report(outfile=report)
            self._take()
            with open(report, encoding="utf-8") as file:
                files = json.load(file)["files"]
        return [
            path
            for path, found in files.items()
            if found["missing_lines"] or found.get("missing_branches")
        ]


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower())) - {"py", "test", "tests"}


_COVERING = pytest.StashKey[_Covering]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin, if coverage is measured here in one process, in the way that this knows."""
    plugin = session.config.pluginmanager.getplugin("_cov")
    cov = getattr(getattr(plugin, "cov_controller", None), "cov", None)
    collector = getattr(cov, "_collector", None)
    if not _FILE or not isinstance(getattr(collector, "data", None), dict):
        return
    if not (hasattr(collector, "pause") and hasattr(collector, "resume")):
        return
    with open(_FILE, encoding="utf-8") as file:
        asked = json.load(file)
    covering = _Covering(cov, frozenset(asked["spared"]), asked["since"])
    session.config.stash[_COVERING] = covering
    session.config.pluginmanager.register(covering)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write down what was found out, when coverage has been summed up."""
    covering = config.stash.get(_COVERING, None)
    if covering is None:
        return
    total = getattr(config.pluginmanager.getplugin("_cov"), "cov_total", None)
    found = {"complete": total == 100, "known": covering.known, "needed": covering.needed}
    with open(_FILE, "w", encoding="utf-8") as file:
        json.dump(found, file)
