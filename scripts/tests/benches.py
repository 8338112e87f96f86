"""The benches of ``scripts/bench``, for the tests of what they say."""

from __future__ import annotations

from typing import Any

from tests.small_course import SCRIPTS

from course import loading


def load(name: str) -> Any:
    """Return a bench as a module."""
    return loading.load(SCRIPTS / "bench" / name)
