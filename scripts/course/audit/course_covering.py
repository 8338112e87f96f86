"""Loaded by pytest inside a snapshot under proof: coverage is measured only where it can grow.

What a part of the tests covers, all of them cover. So where some tests are known to reach every
line and branch between them, the others run just as they always do, but at full speed: coverage.py
stands still meanwhile, and what it reports in the end is still complete. If it would not be, tests
that were not measured run once more, measured and unseen, until it is: first those whose names have
words in common with the files that lack something.

``COURSE_COVERING`` names a JSON file with the tests that need not be measured, under ``spared``.
When all have run, the same file holds: whether coverage is ``complete``; the tests that ran, in
``known``; and in ``needed`` those that reached something that none before them did. Where the
snapshot measures nothing, or its pytest-cov is another one than this knows, the file stays as it
is, and every test is measured.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Generator
from typing import Any

import pytest

# Not for a pytest that a test starts in turn.
_FILE = os.environ.pop("COURSE_COVERING", "")
os.environ.pop("PYTEST_PLUGINS", None)


# How many tests run once more before it is asked again what is lacking; then twice as many.
_FEW = 20


class _Covering:
    """Which tests need to be measured."""

    def __init__(self, cov: Any, spared: frozenset[str]) -> None:
        self.known: list[str] = []
        self.needed: list[str] = []
        self._cov = cov
        self._collector = cov._collector
        self._spared = spared
        self._reached = self._count()

    def _count(self) -> int:
        """Return how many branches, or lines, have been reached so far, in all files."""
        return sum(len(found) for found in list(self._collector.data.values()))

    def _note(self, test: str) -> None:
        """Take in a test that was measured."""
        reached = self._count()
        if reached > self._reached:
            self._reached = reached
            self.needed.append(test)

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
        self._note(item.nodeid)
        return result

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run all tests, and then, before coverage is summed up, reach what is lacking."""
        result = yield
        spared = [item for item in session.items if item.nodeid in self._spared]
        if spared and not (session.testsfailed or session.shouldstop or session.shouldfail):
            self._reach(spared)
        return result

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
                self._note(item.nodeid)
            lacking = self._lacking()

    def _lacking(self) -> list[str]:
        """Return the files in which something was not reached."""
        data = self._collector.data
        kept = {path: set(found) for path, found in list(data.items())}
        with tempfile.TemporaryDirectory() as folder:
            report = os.path.join(folder, "coverage.json")
            self._cov.json_report(outfile=report)
            with open(report, encoding="utf-8") as file:
                files = json.load(file)["files"]
        # To report takes what was collected away; what a test adds is told by it.
        for path, found in kept.items():
            data.setdefault(path, set()).update(found)
        self._reached = self._count()
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
        spared = frozenset(json.load(file)["spared"])
    covering = session.config.stash[_COVERING] = _Covering(cov, spared)
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
