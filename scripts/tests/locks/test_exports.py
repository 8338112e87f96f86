"""Requirements that are not what their lock says are found, whatever differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course

from course.errors import CourseError
from course.lint.chain_rules import lint
from course.locks import exports
from course.locks.exports import Selection

LOCK = """
[[package]]
name = "Django"
version = "5.2"
groups = ["main"]
files = [{file = "a", hash = "sha256:aa"}, {file = "b", hash = "sha256:bb"}]
[package.dependencies]
sqlparse = ">=0.5"
tzdata = {version = "*", markers = "sys_platform == 'win32'"}
argon2 = {version = "*", optional = true}

[[package]]
name = "sqlparse"
version = "0.5"
groups = ["main", "dev"]
files = []

[[package]]
name = "tzdata"
version = "1"
groups = ["main", "dev"]
markers = {main = "sys_platform == 'win32'", dev = "platform_system == 'Windows'"}

[[package]]
name = "colorama"
version = "1"
groups = ["dev"]
markers = "os_name == 'nt'"

[[package]]
name = "extra"
version = "1"
optional = true

[[package]]
name = "local"
version = "1"
[package.source]
type = "directory"

[metadata]
python-versions = ">=3.11,<4"
"""
MAIN = """django==5.2 ; python_version >= "3.11" and python_version < "4" \\
    --hash=sha256:aa \\
    --hash=sha256:bb
sqlparse==0.5 ; python_version >= "3.11"  # by hand
# six==1
tzdata==1 ; sys_platform == "win32"
"""
MADE = Selection("requirements.txt", frozenset({"main"}), True)
DEV = Selection("requirements_dev.txt", frozenset({"main", "dev"}), True)
EXPORT = "poetry export --output requirements.txt"


def test_an_export_that_installs_what_the_lock_says_is_right() -> None:
    assert exports.compared(LOCK, MAIN, MADE) == []
    dev = MAIN + "colorama==1 ; platform_system == 'Windows'\n"
    assert exports.compared(LOCK, dev, DEV) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sqlparse==0.5", "# sqlparse==0.5", "lacks sqlparse, which poetry.lock has"),
        ("# six==1", "six==1", "holds six, which poetry.lock does not"),
        ("# six", "colorama==1\n#", "installs colorama on Linux with Python 3.11, which"),
        ("django==5.2", "django==5.1", "has django 5.1, but poetry.lock has 5.2"),
        ("sha256:bb", "sha256:bc", "has other hashes for django than poetry.lock"),
        (" \\\n    --hash=sha256:bb", "", "has other hashes for django than poetry.lock"),
        (' ; sys_platform == "win32"', "", "installs tzdata on Linux with Python 3.11, which"),
        ('"win32"', '"linux"', "installs tzdata on Linux with Python 3.11, which"),
        ('>= "3.11"  #', '> "3.11"  #', "lacks sqlparse on Linux with Python 3.11, which"),
        ('>= "3.11"  #', "is nonsense  #", "lacks sqlparse on Linux with Python 3.11, which"),
    ],
)
def test_whatever_differs_is_named(old: str, new: str, said: str) -> None:
    assert old in MAIN
    assert exports.compared(LOCK, MAIN.replace(old, new), MADE)[0].startswith(said)


def test_an_export_that_nobody_knows_how_to_make_holds_nothing_else() -> None:
    assert exports.compared(LOCK, "django==1\n", None) == []
    assert exports.compared(LOCK, "six==1\n", None) == ["holds six, which poetry.lock does not"]


@pytest.mark.parametrize(
    ("command", "made"),
    [
        (EXPORT, MADE),
        ("poetry export -o requirements.txt --only=main", MADE),
        ("poetry export --with dev,test --without test --output=requirements_dev.txt", DEV),
        ("poetry export --without-hashes -o a", Selection("a", frozenset({"main"}), False)),
        ("poetry export --all-extras --output requirements.txt", None),
        ("poetry export", None),
        ("uv export --output requirements.txt", None),
    ],
)
def test_what_a_command_takes(command: str, made: Selection | None) -> None:
    assert exports.selection(command.split()) == made


def test_hashes_that_are_not_asked_for() -> None:
    text = MAIN.replace(" \\\n    --hash=sha256:aa", "").replace(" \\\n    --hash=sha256:bb", "")
    assert exports.compared(LOCK, text, Selection("a", frozenset({"main"}), False)) == []


def test_the_chain_is_told_what_differs_and_the_command_that_renews_it(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2)
    course.set("02-notes", export=EXPORT)
    course.write("02-notes", "poetry.lock", LOCK)
    course.write("02-notes", "requirements.txt", MAIN)
    links = course.chain.links
    assert list(exports.problems(course.chain, links[1])) == []
    course.write("02-notes", "requirements.txt", MAIN.replace("sqlparse", "# sqlparse"))
    found = [f for f in lint(course.chain) if "requirements" in f.where]
    assert [(f.where, f.problem, f.remedy) for f in found] == [
        (
            "steps/02-notes/requirements.txt",
            "lacks sqlparse, which poetry.lock has",
            "course lock",
        )
    ]
    (course.root / "steps/02-notes/requirements.txt").unlink()
    (problem,) = exports.problems(course.chain, course.chain.links[1])
    assert problem == ("requirements.txt", "is not there, and is exported from poetry.lock")


def test_a_lock_that_is_none_is_named(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    course.write("01-greeting", "poetry.lock", "[[package]]\nname = 'x'\n")
    course.write("01-greeting", "requirements.txt", "")
    with pytest.raises(CourseError, match="steps/01-greeting/poetry.lock: not a lock file"):
        list(exports.problems(course.chain, course.chain.links[0]))


@pytest.mark.parametrize(
    ("install", "text", "said"),
    [
        ("uv pip sync requirements.txt", "Django==5.2\ntzdata==1\n", "lacks sqlparse"),
        ("uv pip sync requirements.txt", "Django==5.2\nsqlparse==0.5\ntzdata==1\n", ""),
        ("uv pip sync requirements.txt", "sqlparse==0.5\nsix==1\n", ""),
        ("uv pip sync requirements.txt", "Django==5.2\n-r more.txt\n", ""),
        ("pip install -r requirements.txt", "Django==5.2\n", ""),
    ],
)
def test_a_file_by_hand_pins_what_its_packages_need(
    tmp_path: Path, install: str, text: str, said: str
) -> None:
    course = small_course.make(tmp_path, steps=2)
    course.set("01-greeting", install=install)
    course.write("01-greeting", "requirements.txt", text)
    assert list(exports.problems(course.chain, course.chain.links[0])) == []
    course.write("02-notes", "poetry.lock", LOCK)
    found = [f for f in lint(course.chain) if f.problem.startswith("lacks")]
    assert [f.problem.split(",")[0] for f in found] == ([said] if said else [])
    assert all(f.remedy.startswith("Pin it in steps/01-greeting/requirements.txt") for f in found)
