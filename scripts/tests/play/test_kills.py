"""Whatever kills a verb, wherever it writes: nothing of the learner's is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import small_course
from tests.play import works
from tests.small_course import SCRIPTS

from course.chain import Chain
from course.play import file_changes
from course.play.folder import Playground
from course.repository import Repository

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="children are made by fork")

KILLS = SCRIPTS / "tests" / "journal" / "kills.py"
NAMES = ("play", "reset", "solve", "take", "restore", "check")


def contents(folder: Path) -> list[str]:
    """Return the content of every file below a folder, git's own aside."""
    return [
        path.read_text(errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts
    ]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_learners_is_gone_whenever_a_verb_is_killed(
    tmp_path: Path, name: str
) -> None:
    course = small_course.make(tmp_path, name="template")
    prepare: Callable[[Path], None] = getattr(works, f"prepare_{name}", works.prepare)
    prepare(course.root)
    done = subprocess.run(
        [sys.executable, str(KILLS), str(SCRIPTS), f"tests.play.works:{name}", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cases = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(cases) > 5
    mine = [*works.MINE.values(), *(["mine: later"] if name == "restore" else [])]
    for case in cases:
        root = tmp_path / f"case-{case['case']}"
        kept = contents(root / "playground") + contents(root / ".course" / "backups")
        assert all(text in kept for text in mine), case
        assert_whole(root, case)


def assert_whole(root: Path, case: object) -> None:
    """The playground is as before or as after, and all that is told of it is true."""
    chain = Chain(Repository(root))
    playground = Playground.find(chain)
    texts = contents(playground.root)
    before = [text for text in works.MINE.values() if text in texts]
    whole = {path for path in playground.entries}
    if playground.begun == chain.links[1] and "mine: later" not in texts and not before:
        assert "migrations/001.sql" in whole, case
    # A playground that was begun again has nothing of the one before, or all of it.
    assert len(before) in (0, len(works.MINE) - 1, len(works.MINE)), case
    assert (playground.root / ".git" / "HEAD").is_file(), case
    for backup in file_changes.backups(chain.repository):
        # Each backup that is told of can be brought back.
        file_changes.restore(chain, backup.name)
        break
