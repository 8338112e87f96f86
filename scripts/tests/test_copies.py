"""A declared copy is made equal to the link before it, and nothing else is touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course import copies
from course.errors import CourseError

POSIX = os.name == "posix"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=1)


def test_an_equal_copy_is_left_alone(course: SmallCourse) -> None:
    assert copies.differences(course.chain) == []
    assert copies.renew(course.chain) == []


def test_a_copy_that_is_missing_is_made(course: SmallCourse) -> None:
    shutil.rmtree(course.folder("final"))
    touched = copies.renew(course.chain)
    assert "final/tests/test_greeting.py" in touched
    assert copies.differences(course.chain) == []


def test_files_that_changed_came_and_went_are_carried_over(course: SmallCourse) -> None:
    course.write("01-greeting", "README.md", "# Other\n")
    course.write("01-greeting", "a/b/c.txt", "new")
    course.write("final", "x/y/z.txt", "not in the step")
    course.delete("01-greeting", "tests/test_greeting.py")
    assert len(copies.differences(course.chain)) == 4
    assert copies.renew(course.chain) == [
        "final/README.md",
        "final/a/b/c.txt",
        "final/tests/test_greeting.py",
        "final/x/y/z.txt",
    ]
    assert copies.differences(course.chain) == []
    assert not (course.folder("final") / "x").exists()


def test_the_chain_that_renewed_a_copy_sees_it(course: SmallCourse) -> None:
    course.write("01-greeting", "README.md", "# Other\n")
    chain = course.chain
    copies.renew(chain)
    assert copies.differences(chain) == []


@pytest.mark.skipif(not POSIX, reason="Windows has no such modes and links")
def test_modes_and_symbolic_links_are_carried_over(course: SmallCourse) -> None:
    (course.folder("01-greeting") / "server.py").chmod(0o755)
    (course.folder("01-greeting") / "link").symlink_to("server.py")
    course.write("final", "link", "a file here")
    copies.renew(course.chain)
    assert os.access(course.folder("final") / "server.py", os.X_OK)
    assert os.readlink(course.folder("final") / "link") == "server.py"
    (course.folder("01-greeting") / "link").unlink()
    course.write("01-greeting", "link", "a file there")
    copies.renew(course.chain)
    assert not (course.folder("final") / "link").is_symlink()
    assert course.read("final", "link") == "a file there"


def test_a_file_that_became_a_folder_and_back_is_carried_over(course: SmallCourse) -> None:
    course.delete("01-greeting", "server.py")
    course.write("01-greeting", "server.py/deep/main.py", "x")
    copies.renew(course.chain)
    assert course.read("final", "server.py/deep/main.py") == "x"
    course.write("final", "server.py/__pycache__/main.pyc", "ignored by git")
    course.delete("01-greeting", "server.py")
    course.write("01-greeting", "server.py", "y")
    with pytest.raises(CourseError, match="holds final/server.py/__pycache__/main.pyc"):
        copies.renew(course.chain)
    assert course.read("final", "server.py/deep/main.py") == "x"
    shutil.rmtree(course.folder("final") / "server.py" / "__pycache__")
    copies.renew(course.chain)
    assert course.read("final", "server.py") == "y"


def test_what_somebody_wrote_into_a_copy_is_kept_among_the_backups(course: SmallCourse) -> None:
    course.write("final", "README.md", "# Hours of work\n")
    course.write("final", "more.txt", "and more")
    copies.renew(course.chain)
    assert copies.differences(course.chain) == []
    kept = {path.name: path.read_text() for path in course.root.glob(".course/backups/*/**/*.*")}
    assert kept == {"README.md": "# Hours of work\n", "more.txt": "and more"}


def test_what_git_ignores_in_a_copy_stays(course: SmallCourse) -> None:
    course.write("final", "tests/__pycache__/a.pyc", "mine")
    course.delete("01-greeting", "tests/test_greeting.py")
    course.delete("01-greeting", "tests/__init__.py")
    copies.renew(course.chain)
    assert course.read("final", "tests/__pycache__/a.pyc") == "mine"


def test_a_last_snapshot_of_its_own_is_no_copy(course: SmallCourse) -> None:
    course.set("final", copy=False)
    course.write("final", "README.md", "# Its own\n")
    assert copies.differences(course.chain) == []
    assert copies.renew(course.chain) == []
    assert course.read("final", "README.md") == "# Its own\n"


def test_a_write_that_fails_leaves_the_old_file(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.write("01-greeting", "README.md", "# Other\n")
    chain = course.chain

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    chain.tree_of(chain.links[0])
    entry = chain.entries(chain.links[0])["README.md"]
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        copies.place(course.folder("final"), "README.md", entry, b"# Other\n")
    monkeypatch.undo()
    assert course.read("final", "README.md") == "# Notes\n"
    assert not [p for p in course.folder("final").iterdir() if p.name.startswith(".course-")]
