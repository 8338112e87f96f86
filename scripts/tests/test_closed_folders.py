"""Folders that are closed: every verb says which, and what opens it, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="root is held back as Linux does")

# Root may write everywhere: without these rights (capabilities(7)), the modes hold for root, too.
_HELD_BACK = "import ctypes, os, sys; drop = ctypes.CDLL(None).prctl;"
_HELD_BACK += (
    " [drop(24, right, 0, 0, 0) for right in (1, 2, 3)]; os.execvp(sys.argv[1], sys.argv[1:])"
)

# The words, the folder, and whether what is in it is closed, too.
CASES = [
    ("list", ".course", True),
    ("propagate", ".course", False),
    ("propagate", "steps/02-notes", False),
    ("lint --fix", ".", True),
    ("rename 02 other", "steps", False),
    ("remove 02", "steps", True),
    ("new --after 01 fresh", ".course", False),
    ("solve", "playground", False),
    ("reset", "playground", True),
    ("play 02", ".course", False),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> SmallCourse:
    course = small_course.make(tmp_path_factory.mktemp("closed"), only=("test",))
    assert course.run("play", "01").returncode == 0
    (course.root / "playground/own.py").write_text("mine = 1\n")
    course.write("01-greeting", "own.first.py", "mine = 2\n")
    course.write("02-notes", "own.py", "mine = 3\n")
    course.write("02-notes", "migrations/own.sql", "mine = 4\n")
    return course


def held_back(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _HELD_BACK, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def mine(root: Path) -> set[str]:
    files = [path for path in root.rglob("own.*") if path.is_file()]
    return {text for path in files if (text := path.read_text()).startswith("mine")}


def copy(template: SmallCourse, folder: Path) -> SmallCourse:
    course = SmallCourse(folder.resolve() / "course", template.tables)
    shutil.copytree(template.root, course.root, symlinks=True)
    return course


@pytest.mark.parametrize(("words", "folder", "all_of_it"), CASES)
def test_what_is_closed_is_named_with_what_opens_it_and_nothing_is_lost(
    template: SmallCourse, tmp_path: Path, words: str, folder: str, all_of_it: bool
) -> None:
    course = copy(template, tmp_path)
    before = mine(course.root)
    closed = course.root / folder
    for path in [*(closed.rglob("*") if all_of_it else ()), closed]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    if not held_back("touch", "new", cwd=closed).returncode:
        pytest.skip("this root cannot be held back")
    done = held_back(*course.command(*words.split()), cwd=course.root)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in said, said
    assert "error: " in done.stderr and "ermission denied" in done.stderr, said
    remedy = done.stderr[done.stderr.index("  → ") :]
    # All is opened at once, or the folder that is closed.
    assert f"chmod {'-R u+rwX' if all_of_it else 'u+rwx'} {closed}\n" in remedy, said
    assert mine(course.root) == before
    subprocess.run(["chmod", "-R", "u+rwX", course.root], check=True)
    assert course.run(*words.split()).returncode == 0
    assert mine(course.root) >= before


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ("list", "steps/02-notes"),
        ("solve", "steps/02-notes/migrations"),
        ("check", "playground"),
        ("compare", "playground/tests"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_passed_over(
    template: SmallCourse, tmp_path: Path, words: str, folder: str
) -> None:
    course = copy(template, tmp_path)
    closed = course.root / folder
    closed.chmod(0)
    if not held_back("ls", str(closed), cwd=course.root).returncode:
        pytest.skip("this root cannot be held back")
    done = held_back(*course.command(*words.split()), cwd=course.root)
    assert done.returncode == 1 and f": chmod u+rwx {closed}\n" in done.stderr, done.stderr
    assert f"error: {closed}" in done.stderr
    closed.chmod(0o755)
