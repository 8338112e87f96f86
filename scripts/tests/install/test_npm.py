"""Packages of npm for the tests of a step: once for each lock, and for each copy a link to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.errors import CourseError
from course.install import npm
from course.repository import Repository
from course.verify.outcome import FAILED, NOT_RUN, PASSED
from tests import small_course
from tests.small_course import SmallCourse

# Notes each call, and installs the name that the lock consists of; another lock is refused.
_NPM = f"""#!{small_course.PYTHON}
import pathlib, sys
with pathlib.Path({{record!r}}).open("a") as record:
    record.write(" ".join(sys.argv[1:]) + "\\n")
said = pathlib.Path("package-lock.json").read_text().strip()
if not said.isidentifier():
    sys.exit(said)
folder = pathlib.Path("node_modules", said)
folder.mkdir(parents=True)
(folder / "index.js").write_text("")
"""
_TEST = """
import pathlib, unittest
class Web(unittest.TestCase):
    def test_package_is_there(self):
        assert pathlib.Path("web/node_modules/stars/index.js").exists()
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a program called npm; `calls` says how often it was called."""
    folder = tmp_path / "programs"
    folder.mkdir()
    text = _NPM.format(record=str(tmp_path / "calls"))
    (folder / "npm").write_text(text, encoding="utf-8")
    (folder / "npm").chmod(0o755)
    return folder


def calls(programs: Path) -> list[str]:
    """Return how npm was called."""
    record = programs.parent / "calls"
    return record.read_text(encoding="utf-8").splitlines() if record.exists() else []


def copy(tmp_path: Path, name: str, lock: str) -> Path:
    """Return a copy of a step whose folder web has a lock."""
    (tmp_path / name / "web").mkdir(parents=True)
    (tmp_path / name / "web" / npm.LOCK).write_text(lock, encoding="utf-8")
    return tmp_path / name


def provide(tmp_path: Path, folder: Path, programs: Path) -> Path:
    """Provide the packages of the folder web, and return where they are."""
    repository = Repository(tmp_path / "course")
    npm.provide(repository, folder, ["web", "none"], programs)
    return folder / "web" / "node_modules"


def test_copies_with_the_same_lock_share_what_is_installed_once(
    tmp_path: Path, programs: Path
) -> None:
    first = provide(tmp_path, copy(tmp_path, "a", "stars"), programs)
    second = provide(tmp_path, copy(tmp_path, "b", "stars"), programs)
    assert (first / "stars" / "index.js").exists()
    assert first.resolve() == second.resolve()
    assert calls(programs) == ["ci --ignore-scripts --no-audit --no-fund"]
    other = provide(tmp_path, copy(tmp_path, "c", "notes"), programs)
    assert [path.name for path in other.iterdir()] == ["notes"]
    assert len(calls(programs)) == 2


def test_packages_that_a_copy_has_are_left_alone(tmp_path: Path, programs: Path) -> None:
    folder = copy(tmp_path, "a", "stars")
    (folder / "web" / "node_modules").mkdir()
    assert not list(provide(tmp_path, folder, programs).iterdir())
    assert not calls(programs)


def test_a_wrong_lock_is_a_fault_and_leaves_nothing(tmp_path: Path, programs: Path) -> None:
    folder = copy(tmp_path, "a", "npm error: package.json and the lock differ")
    for _ in range(2):
        with pytest.raises(CourseError, match="web/package-lock.json .npm error: pack") as caught:
            provide(tmp_path, folder, programs)
        assert not isinstance(caught.value, npm.Unavailable)
    assert len(calls(programs)) == 2
    assert not list((tmp_path / "course").rglob("package.json"))


def test_no_network_and_no_npm_are_the_machines_fault(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(npm.Unavailable, match="npm could not install"):
        provide(tmp_path, copy(tmp_path, "a", "npm error code ENOTFOUND"), programs)
    (programs / "npm").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(npm.Unavailable, match="npm is not installed"):
        provide(tmp_path, copy(tmp_path, "b", "stars"), programs)


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """A course whose last step has a test that needs a package, and runs apart."""
    made = small_course.make(tmp_path / "made", only=("test", "test_files"))
    made.set_all(
        unread=[{"checks": ["test"], "paths": ["web/*", "tests/test_web.py"]}],
        test_files="python -m unittest --verbose {files}",
        npm=["web"],
    )
    made.write("03-stars", "web/package-lock.json", "stars")
    made.write("03-stars", "tests/test_web.py", _TEST)
    made.renew_copy()
    return made


def of_check(course: SmallCourse, check: str) -> tuple[str, str]:
    """Return the state of a check of the last step, and its message."""
    [found] = [o for o in course.verify("03-stars") if (o.link, o.check) == ("03-stars", check)]
    return found.state, found.message


def test_tests_that_run_apart_find_the_packages_and_the_step_before_has_none(
    course: SmallCourse, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    found = {o.check: o for o in course.verify("03-stars") if o.link == "03-stars"}
    assert (found["apart"].state, found["proof"].state) == (PASSED, PASSED)
    assert len(calls(programs)) == 1


def test_what_cannot_be_installed_here_is_named_as_not_run(
    course: SmallCourse, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    course.write("03-stars", "web/package-lock.json", "npm error code ENOTFOUND")
    course.renew_copy()
    state, said = of_check(course, "apart")
    assert state == NOT_RUN and said.startswith("npm could not install the packages of web/")
    course.write("03-stars", "web/package-lock.json", "npm error: not in sync")
    course.renew_copy()
    state, said = of_check(course, "apart")
    assert state == FAILED and "npm error: not in sync" in said
