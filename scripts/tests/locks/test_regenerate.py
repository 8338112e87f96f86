"""Every lock and export is regenerated together, with the versions of the end of the chain."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course.commands import lock as verb
from course.errors import CourseError
from course.locks import regenerate as locking
from course.locks.regenerate import relock

POSIX = os.name == "posix"

# A stand-in for Poetry: what the project asks for it locks, with the version that the lock there
# has already, or else (and for `update`) the newest. The newest of each package is 9.
_POETRY = """
import pathlib, re, sys
words = sys.argv[1:]
project = pathlib.Path("pyproject.toml").read_text()
if "no network" in project:
    sys.exit("Failed to establish a new connection")
if "broken" in project:
    sys.exit("error: no solution for broken")
asked = re.findall(r"^# needs (\\S+)", project, re.M)
least = dict(re.findall(r"^# least (\\S+) (\\S+)", project, re.M))
file = pathlib.Path("poetry.lock")
text = file.read_text() if file.exists() else ""
old = dict(re.findall(r'name = "(.*)"\\nversion = "(.*)"', text))
with open(LOG, "a") as log:
    log.write(" ".join(words) + "\\n")
if words[0] in ("lock", "update"):
    rises = set(words[2:] or asked) if words[0] == "update" else set()
    found = {n: "9" if n in rises else max(old.get(n, "9"), least.get(n, "0")) for n in asked}
    row = '[[package]]\\nname = "{}"\\nversion = "{}"\\n\\n'
    file.write_text("".join(row.format(n, v) for n, v in found.items()))
else:
    target = pathlib.Path(words[words.index("--output") + 1])
    target.write_text("".join(f"{n}=={v}\\n" for n, v in old.items()))
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The folder with a stand-in for Poetry, which notes how it was called in ``calls``."""
    if not POSIX:  # pragma: no cover (windows)
        pytest.skip("the stand-in is a script")
    folder = tmp_path / "programs"
    folder.mkdir()
    file = folder / "poetry"
    file.write_text(f"#!{small_course.PYTHON}\nLOG = {str(folder / 'calls')!r}\n{_POETRY}")
    file.chmod(0o755)
    return folder


def calls(programs: Path) -> list[str]:
    file = programs / "calls"
    return file.read_text().splitlines() if file.exists() else []


def lock(**versions: str) -> str:
    rows = [f'[[package]]\nname = "{n}"\nversion = "{v}"\n\n' for n, v in versions.items()]
    return "".join(rows)


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """The first step pins by hand; the second has a project, and so has the third."""
    made = small_course.make(tmp_path, only=("export",))
    made.set_all(export="poetry export --output requirements.txt")
    made.set("01-greeting", export=[])
    made.write("01-greeting", "requirements.txt", "# by hand\na==1\n")
    made.write("02-notes", "pyproject.toml", "# needs a\n")
    made.write("02-notes", "poetry.lock", lock(a="1"))
    made.write("03-stars", "pyproject.toml", "# needs a\n# needs b\n")
    made.write("03-stars", "poetry.lock", lock(a="2", b="3"))
    made.renew_copy()
    return made


def text(files: dict[str, bytes], path: str) -> str:
    return files[path].decode()


def test_all_links_get_the_versions_of_the_end_of_the_chain(
    course: SmallCourse, programs: Path
) -> None:
    told: list[str] = []
    files = relock(course.chain, programs=programs, tell=told.append)
    assert text(files, "steps/01-greeting/requirements.txt") == "# by hand\na==2\n"
    assert text(files, "steps/02-notes/poetry.lock") == lock(a="2")
    assert text(files, "steps/02-notes/requirements.txt") == "a==2\n"
    assert text(files, "steps/03-stars/requirements.txt") == "a==2\nb==3\n"
    # What is as it should be is not among them, and neither is a copy.
    assert set(files) == {
        "steps/01-greeting/requirements.txt",
        "steps/02-notes/poetry.lock",
        "steps/02-notes/requirements.txt",
        "steps/03-stars/requirements.txt",
    }
    assert sorted(told) == [
        "01-greeting: regenerated",
        "02-notes: regenerated",
        "03-stars: regenerated",
    ]
    assert course.read("02-notes", "poetry.lock") == lock(a="1")


def test_a_version_that_only_the_end_asks_for_reaches_every_link(
    course: SmallCourse, programs: Path
) -> None:
    course.write("03-stars", "pyproject.toml", "# needs a\n# needs b\n# least a 5\n")
    files = relock(course.chain, programs=programs)
    assert text(files, "steps/03-stars/poetry.lock") == lock(a="5", b="3")
    assert text(files, "steps/02-notes/poetry.lock") == lock(a="5")
    assert text(files, "steps/01-greeting/requirements.txt") == "# by hand\na==5\n"


def test_what_was_locked_once_is_not_locked_again(course: SmallCourse, programs: Path) -> None:
    first = relock(course.chain, programs=programs)
    done = len(calls(programs))
    assert done == 4
    assert relock(course.chain, programs=programs) == first
    assert len(calls(programs)) == done


def test_some_links_can_be_chosen(course: SmallCourse, programs: Path) -> None:
    chain = course.chain
    files = relock(chain, [chain.find("1")], programs=programs)
    assert set(files) == {"steps/01-greeting/requirements.txt"}


def test_upgrade_lets_every_package_rise(course: SmallCourse, programs: Path) -> None:
    told: list[str] = []
    files = relock(course.chain, upgrade=True, programs=programs, tell=told.append)
    assert text(files, "steps/03-stars/poetry.lock") == lock(a="9", b="9")
    assert text(files, "steps/02-notes/poetry.lock") == lock(a="9")
    assert text(files, "steps/01-greeting/requirements.txt") == "# by hand\na==9\n"
    assert told[0] == "03-stars: upgrading every package …"
    assert "update --lock" in calls(programs)


def test_a_package_that_no_lock_names_is_not_upgraded(course: SmallCourse, programs: Path) -> None:
    with pytest.raises(CourseError, match="has no package 'nosuch'") as caught:
        relock(course.chain, upgrade=True, package="nosuch", programs=programs)
    assert "stands in that file" in caught.value.remedy


def test_upgrade_of_one_package_leaves_the_others(course: SmallCourse, programs: Path) -> None:
    files = relock(course.chain, upgrade=True, package="b", programs=programs)
    assert text(files, "steps/03-stars/poetry.lock") == lock(a="2", b="9")
    assert text(files, "steps/02-notes/poetry.lock") == lock(a="2")


def test_a_lock_without_exports_is_made_anew_too(course: SmallCourse, programs: Path) -> None:
    course.set("02-notes", export=[])
    files = relock(course.chain, programs=programs)
    assert text(files, "steps/02-notes/poetry.lock") == lock(a="2")
    assert "steps/02-notes/requirements.txt" not in files


def test_a_project_that_holds_only_the_tables_of_tools_is_not_locked(
    course: SmallCourse, programs: Path
) -> None:
    course.write("01-greeting", "pyproject.toml", "[tool.black]\n")
    files = relock(course.chain, programs=programs)
    assert "steps/01-greeting/poetry.lock" not in files


def test_a_project_without_a_lock_gets_one(course: SmallCourse, programs: Path) -> None:
    course.delete("03-stars", "poetry.lock")
    files = relock(course.chain, programs=programs)
    assert text(files, "steps/03-stars/poetry.lock") == lock(a="9", b="9")


def test_a_course_without_projects_has_nothing_to_lock(tmp_path: Path, programs: Path) -> None:
    course = small_course.make(tmp_path, steps=1, only=())
    told: list[str] = []
    assert relock(course.chain, programs=programs, tell=told.append) == {}
    assert told == ["01-greeting: nothing to lock"]


def test_a_project_that_cannot_be_solved_is_named_and_nothing_is_written(
    course: SmallCourse, programs: Path
) -> None:
    course.write("02-notes", "pyproject.toml", "# broken\n")
    with pytest.raises(CourseError) as caught:
        relock(course.chain, programs=programs)
    assert caught.value.problem == (
        "steps/02-notes: `poetry lock` failed: error: no solution for broken"
    )
    assert "lock.log" in caught.value.remedy and "pyproject.toml" in caught.value.remedy
    assert course.read("02-notes", "poetry.lock") == lock(a="1")


def test_what_the_machine_is_to_blame_for_is_not_looked_for_in_the_project(
    course: SmallCourse, programs: Path
) -> None:
    course.write("02-notes", "pyproject.toml", "# no network\n")
    with pytest.raises(CourseError) as caught:
        relock(course.chain, programs=programs)
    assert "`poetry lock` failed: The packages cannot be fetched" in caught.value.problem
    assert "Connect to the network" in caught.value.remedy


def test_without_poetry_the_message_sends_to_the_doctor(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(CourseError, match="there is no program poetry") as caught:
        relock(course.chain, programs=tmp_path)
    assert caught.value.remedy == "course doctor"


# The verb


def call(course: SmallCourse, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    from click.testing import CliRunner

    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(verb.lock, list(words))
    if isinstance(done.exception, CourseError):
        raise done.exception
    return done.exit_code, done.output


def test_the_verb_writes_what_changed_and_renews_the_copy(
    course: SmallCourse, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "tool_programs", lambda: programs)
    code, said = call(course, monkeypatch)
    assert code == 0
    assert course.read("02-notes", "poetry.lock") == lock(a="2")
    assert course.read("final", "requirements.txt") == "a==2\nb==3\n"
    assert "steps/02-notes/poetry.lock" in said and "final/requirements.txt" in said
    assert "4 files changed" in said and "→ course verify" in said
    code, said = call(course, monkeypatch)
    assert "every lock is as it should be" in said


def test_the_verb_asks_what_is_to_be_done_with_a_package(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CourseError, match="What is to be done with django") as caught:
        call(course, monkeypatch, "django")
    assert caught.value.remedy == "course lock --upgrade django"


# The real Poetry


def test_the_real_poetry_locks_and_exports(tmp_path: Path) -> None:
    """A project without packages needs no network; the lock and the export are Poetry's own."""
    if shutil.which("poetry", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("NOT RUN: Poetry is not installed beside this interpreter")
    course = small_course.make(tmp_path, steps=1, only=())
    course.set("01-greeting", export="poetry export --output requirements.txt")
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
    course.write("01-greeting", "pyproject.toml", project + "[tool.poetry]\npackage-mode = false\n")
    files = relock(course.chain)
    assert set(files) == {"steps/01-greeting/poetry.lock", "steps/01-greeting/requirements.txt"}
    assert b"content-hash" in files["steps/01-greeting/poetry.lock"]
    assert files["steps/01-greeting/requirements.txt"].strip() == b""
