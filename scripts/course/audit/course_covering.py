"""Loaded by pytest inside a snapshot under proof: coverage is measured only where it can grow.

What a part of the tests covers, all of them cover. So where some tests are known to reach every
line and branch between them, the others run just as they always do, but at full speed: coverage.py
stands still meanwhile, and what it reports in the end is still complete.

``COURSE_COVERING`` names a JSON file with the tests that need not be measured, under ``spared``.
When all have run, the same file holds: whether coverage is ``complete``; the tests that ran, in
``known``; and in ``needed`` those that reached something that none before them did. Where the
snapshot measures nothing, or its pytest-cov is another one than this knows, the file stays as it
is, and every test is measured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from typing import Any

import pytest

# Not for a pytest that a test starts in turn.
_FILE = os.environ.pop("COURSE_COVERING", "")
os.environ.pop("PYTEST_PLUGINS", None)


class _Covering:
    """Which tests need to be measured."""

    def __init__(self, collector: Any, spared: frozenset[str]) -> None:
        self.known: list[str] = []
        self.needed: list[str] = []
        self._collector = collector
        self._spared = spared
        self._reached = self._count()

    def _count(self) -> int:
        """Return how many branches, or lines, have been reached so far, in all files."""
        return sum(len(found) for found in list(self._collector.data.values()))

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
        reached = self._count()
        if reached > self._reached:
            self._reached = reached
            self.needed.append(item.nodeid)
        return result


_COVERING = pytest.StashKey[_Covering]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin, if coverage is measured here in one process, in the way that this knows."""
    plugin = session.config.pluginmanager.getplugin("_cov")
    collector = getattr(
        getattr(getattr(plugin, "cov_controller", None), "cov", None), "_collector", None
    )
    if not _FILE or not isinstance(getattr(collector, "data", None), dict):
        return
    if not (hasattr(collector, "pause") and hasattr(collector, "resume")):
        return
    with open(_FILE, encoding="utf-8") as file:
        spared = frozenset(json.load(file)["spared"])
    covering = session.config.stash[_COVERING] = _Covering(collector, spared)
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
