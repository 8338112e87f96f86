"""A file of a step is fetched into a project of one's own, and nothing of it is lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests import small_course
from tests.small_course import SmallCourse

from course.commands.take import take as verb
from course.errors import CourseError
from course.take import take


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    made = small_course.make(tmp_path / "course", steps=1)
    made.write("01-greeting", "made/lock.txt", "one\n")
    (made.root / ".gitattributes").write_text("lock.txt linguist-generated\n")
    return made


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    return folder


def fetch(course: SmallCourse, folder: Path, *paths: str) -> list[tuple[str, str]]:
    chain = course.chain
    return [(file.path, file.state) for file in take(chain, chain.find("1"), list(paths), folder)]


def test_without_a_path_all_that_a_program_made_is_fetched(course: SmallCourse, mine: Path) -> None:
    assert fetch(course, mine) == [("made/lock.txt", "new")]
    assert (mine / "made/lock.txt").read_text() == "one\n"
    assert sorted(path.name for path in mine.rglob("*")) == ["lock.txt", "made"]


def test_a_named_file_is_fetched_as_it_is(course: SmallCourse, mine: Path) -> None:
    (course.folder("01-greeting") / "server.py").chmod(0o755)
    assert fetch(course, mine, "server.py") == [("server.py", "new")]
    assert (mine / "server.py").read_text() == course.read("01-greeting", "server.py")
    assert (mine / "server.py").stat().st_mode & 0o100


def test_what_is_replaced_is_kept(course: SmallCourse, mine: Path) -> None:
    (mine / "server.py").write_text("mine\n")
    chain = course.chain
    (file,) = take(chain, chain.find("1"), ["server.py"], mine)
    assert file.state == "replaced"
    assert file.backup is not None and file.backup.read_text() == "mine\n"
    content = (mine / "server.py").read_bytes()
    assert file.digest == hashlib.sha256(content).hexdigest()
    assert fetch(course, mine, "server.py") == [("server.py", "same")]


@pytest.mark.parametrize("path", ["nothing.txt", "../steps/course.toml", "/etc/hostname", "tests"])
def test_what_the_step_does_not_have_is_refused(course: SmallCourse, mine: Path, path: str) -> None:
    with pytest.raises(CourseError, match="has no file"):
        fetch(course, mine, "server.py", path)
    assert list(mine.iterdir()) == []


def test_a_step_without_such_files_says_so(course: SmallCourse, mine: Path) -> None:
    (course.root / ".gitattributes").unlink()
    with pytest.raises(CourseError, match="no generated or vendored file"):
        fetch(course, mine)


def test_a_snapshot_is_never_written_to(course: SmallCourse) -> None:
    for folder in (course.folder("01-greeting"), course.folder("01-greeting") / "tests"):
        with pytest.raises(CourseError, match="is a snapshot of the course itself"):
            fetch(course, folder, "server.py")


def test_a_folder_that_is_missing_or_in_the_way_is_named(course: SmallCourse, mine: Path) -> None:
    with pytest.raises(CourseError, match="There is no folder"):
        fetch(course, mine / "nowhere", "server.py")
    (mine / "server.py").mkdir()
    with pytest.raises(CourseError, match="is a folder"):
        fetch(course, mine, "server.py")


def test_the_verb_finds_the_course_and_prints_what_it_did(
    course: SmallCourse, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine)
    result = CliRunner().invoke(verb, ["1", "server.py", "--course", str(course.root)])
    assert result.exception is None, result.output
    assert (mine / "server.py").exists()
    inside = course.root / "project"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert CliRunner().invoke(verb, ["1", "server.py"]).exception is None
    assert (inside / "server.py").exists()
