"""Folders for services, whose servers end with the test however it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.services.helpers import clean

from course.services import postgres


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that every user can reach; what runs for it is ended afterwards.

    pytest's own temporary folders are closed to others, so that root's Postgres would always fall
    back to another place.
    """
    place = Path(
        tempfile.mkdtemp(prefix="course-test-", dir="/tmp" if os.name == "posix" else None)
    )
    place.chmod(0o755)
    folder = (place / "state").resolve()
    try:
        yield folder
    finally:
        clean(folder)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A state folder that only its owner can reach, like a repository under /root."""
    tmp_path.chmod(0o700)
    folder = tmp_path.resolve() / "state"
    homes: set[Path] = set()
    try:
        yield folder
    finally:
        homes.add(postgres._home(folder / "postgres"))
        clean(folder)
        for home in homes:
            shutil.rmtree(home, ignore_errors=True)
