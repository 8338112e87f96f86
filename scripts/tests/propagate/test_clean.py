"""`make clean` leaves a propagation that waits as it is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from course.propagate.operation import Propagation
from course.repository import Repository
from tests import propagation_chains as made

MAKEFILE = Path(__file__).parents[3] / "Makefile"

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def course(tmp_path: Path) -> Repository:
    """Two steps that differ in their only line, and an edit of it in the first."""
    snapshots: list[made.Files] = [{"a": (made.FILE, text)} for text in (b"1\n", b"2\n")]
    repository = made.make(tmp_path / "course", snapshots)
    (repository.root / "steps/01-s1/a").write_text("3\n")
    return repository


def clean(course: Repository) -> str:
    """Run the course's own target in a made-up course, and return what it printed."""
    done = subprocess.run(
        ["make", "-f", str(MAKEFILE), "clean"],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_propagation_that_waits_can_be_put_back_after_it(course: Repository) -> None:
    before = made.everything(course.root)
    with Propagation(course) as propagation:
        assert propagation.begin().stopped is not None
    (course.state / "logs").mkdir()
    said = clean(course)
    assert "course propagate --continue" in said and "--abort" in said
    assert not (course.state / "logs").exists()
    with Propagation(course) as propagation:
        propagation.abort()
    assert made.everything(course.root) == before


def test_without_one_only_what_nobody_can_make_again_stays(course: Repository) -> None:
    (course.root / "steps/02-s2/a").write_text("1\n")
    with Propagation(course) as propagation:
        assert propagation.begin().stopped is None
    for name in ("backups", "playground", "journal", "logs", "site"):
        (course.state / name).mkdir(exist_ok=True)
    said = clean(course)
    assert "Kept" not in said
    assert {path.name for path in course.state.iterdir()} == {"backups", "playground", "journal"}


def test_a_course_that_was_never_used_has_nothing_to_clean(course: Repository) -> None:
    assert "Kept" not in clean(course)
