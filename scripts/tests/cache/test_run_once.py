"""What passed with the same content is not run again; after any change that counts, it is."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from tests import small_course

from course import git
from course.cache import run_once
from course.errors import CourseError
from course.repository import Repository

COUNT = "import pathlib; p = pathlib.Path('.course/runs'); p.open('a').write('x')"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A course, away from CI."""
    monkeypatch.delenv("CI", raising=False)
    course = small_course.make(tmp_path / "course", steps=1, final=False)
    (course.root / ".course").mkdir(exist_ok=True)
    monkeypatch.chdir(course.root)
    return course.repository


def runs(repository: Repository) -> int:
    """Return how often the command ran."""
    path = repository.root / ".course/runs"
    return len(path.read_text()) if path.exists() else 0


def call(*before: str, code: str = COUNT) -> int:
    """Run the command."""
    return run_once.main([*before, sys.executable, "-c", code])


def test_what_passed_is_not_run_again(repository: Repository) -> None:
    assert [call(), call(), call()] == [0, 0, 0]
    assert runs(repository) == 1
    assert call("--fresh") == 0
    assert runs(repository) == 2
    assert call(code=f"{COUNT} # another") == 0
    assert runs(repository) == 3


def test_what_failed_is_run_again(repository: Repository) -> None:
    code = f"{COUNT}; raise SystemExit(3)"
    assert [call(code=code), call(code=code)] == [3, 3]
    assert runs(repository) == 2


def test_in_ci_nothing_is_believed(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert [call(), call()] == [0, 0]
    assert runs(repository) == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "poetry.lock", "scripts/a.py", "steps/x"])
def test_a_changed_file_counts(repository: Repository, name: str) -> None:
    path = repository.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("1")
    call("--without", "docs")
    path.write_text("2")
    call("--without", "docs")
    assert runs(repository) == 2


def test_what_is_left_out_or_ignored_does_not_count(repository: Repository) -> None:
    (repository.root / "docs").mkdir(exist_ok=True)
    call("--without", "docs", "--without", "final")
    (repository.root / "docs/page.md").write_text("1")
    (repository.root / ".course/other").write_text("1")
    call("--without", "docs", "--without", "final")
    assert runs(repository) == 1
    call("--without", "final")
    assert runs(repository) == 2


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (sys, "version", "3.99"),
        (run_once, "_version", lambda program: f"{program} 99"),
        (importlib.metadata, "distributions", lambda: []),
    ],
)
def test_another_interpreter_package_or_program_counts(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    value: object,
) -> None:
    call()
    monkeypatch.setattr(place, name, value)
    call()
    assert runs(repository) == 2


@pytest.mark.parametrize("name", ["PATH", "TZ", "COURSE_ANY"])
def test_variables_count(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    call()
    monkeypatch.setenv(name, "/usr/bin:/bin")
    call()
    assert runs(repository) == 2


def test_what_changes_meanwhile_is_not_remembered(repository: Repository) -> None:
    code = f"{COUNT}; pathlib.Path('new.txt').write_text(str(p.stat().st_size))"
    call(code=code)
    (repository.root / "new.txt").unlink()
    call(code=code)
    assert runs(repository) == 2


def test_without_git_it_is_run_all_the_same(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_git(*_: object, **__: object) -> None:
        raise CourseError("git is not installed.", "course doctor")

    monkeypatch.setattr(git.Store, "folder_tree", no_git)
    assert [call(), call()] == [0, 0]
    assert runs(repository) == 2
    assert "git is not installed. So this is run, known or not." in capfd.readouterr().err


def test_a_program_that_is_not_there(
    repository: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_once.main(["no-such-program"]) == 127
    assert "no-such-program: No such file or directory → make setup" in capfd.readouterr().err
    assert run_once._version("no-such-program") == ""


def test_the_makefile_names_the_tests_that_look_at_this_very_course() -> None:
    root = small_course.SCRIPTS.parent
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    joined = makefile.replace("\\\n", "")
    listed = re.search(r"COURSE_TESTS := \$\(addprefix (\S+),(.*)\)", joined)
    assert listed
    named = {f"{listed[1]}{name}" for name in listed[2].split()}
    looks = re.compile(
        r"(?:Chain|Site\.of)\(Repository\((?:ROOT|\w+\.parent)\)\)|\(ROOT / \"final/"
    )
    found = {
        path.relative_to(root).as_posix()
        for path in (root / "scripts/tests").rglob("test_*.py")
        if path != Path(__file__) and looks.search(path.read_text(encoding="utf-8"))
    }
    assert found == named


@pytest.mark.parametrize("words", [[], ["--fresh"], ["--without"], ["--other", "a"]])
def test_a_call_that_makes_no_sense(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run_once.main(words) == 2
    assert "usage: python -I -m course.cache.run_once" in capfd.readouterr().err
