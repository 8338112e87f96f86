"""Loaded by pytest in a copy of a playground: the tests that a step brings run first.

If one of them fails, the others are not run: what they would say follows from it, as a rule, and a
learner waits for the answer. ``COURSE_FIRST`` holds these tests, each as pytest names it without
its parameters, one a line.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

# Not for a pytest that a test starts in turn.
_FIRST = frozenset(os.environ.pop("COURSE_FIRST", "").split("\n"))
os.environ.pop("PYTEST_PLUGINS", None)


def _is_first(item: pytest.Item) -> bool:
    return item.nodeid.partition("[")[0] in _FIRST


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these tests before the others; both stay in their order."""
    items.sort(key=lambda item: not _is_first(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """End after the last of these tests, if one has failed."""
    result = yield
    if item.session.testsfailed and _is_first(item) and not (nextitem and _is_first(nextitem)):
        item.session.shouldfail = "a test that the step brings fails"
    return result
