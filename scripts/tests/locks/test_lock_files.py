"""What locks and requirements pin is read as the package tools read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course

from course.errors import CourseError
from course.locks import lock_files


def lock(**versions: str) -> str:
    """Return a small ``poetry.lock``."""
    rows = [f'[[package]]\nname = "{n}"\nversion = "{v}"\n' for n, v in versions.items()]
    return "\n".join(rows)


@pytest.mark.parametrize("name", ["Foo.Bar_baz", "foo-bar-baz", "FOO__bar..baz"])
def test_names_are_compared_as_indexes_compare_them(name: str) -> None:
    assert lock_files.normal(name) == "foo-bar-baz"


def test_a_lock_gives_the_version_of_each_package() -> None:
    assert lock_files.of_lock(lock(Django="5.2", sqlparse="0.5"), "x") == {
        "django": "5.2",
        "sqlparse": "0.5",
    }
    assert lock_files.of_lock("", "x") == {}


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< ours\n",
        "package = 1",
        "[[package]]\nname = 'x'",
        "package = [1]",
        "package = ['x']",
    ],
)
def test_what_is_no_lock_is_named_with_its_place(text: str) -> None:
    with pytest.raises(CourseError, match="steps/01/poetry.lock: not a lock file") as caught:
        lock_files.of_lock(text, "steps/01/poetry.lock")
    assert caught.value.remedy == "course lock"


def test_requirements_give_what_they_pin_and_nothing_else() -> None:
    text = (
        "# django==1.0\n"
        "--require-hashes\n"
        "Django==5.2.1 ; python_version >= '3.11' \\\n    --hash=sha256:00\n"
        "uvicorn[standard]==0.30\n"
        "loose>=1.0\n"
        "  indented==2\n"
    )
    assert lock_files.of_requirements(text) == {
        "django": "5.2.1",
        "uvicorn": "0.30",
        "indented": "2",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("requirements_dev.txt", True),
        ("requirements-dev.txt", True),
        ("docs/requirements.txt", False),
        ("requirements.in", False),
        ("my_requirements.txt", False),
    ],
)
def test_requirements_are_known_by_their_name(path: str, expected: bool) -> None:
    assert lock_files.is_requirements(path) is expected


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("poetry.lock", "pyproject.toml"),
        ("requirements_dev.txt", "pyproject.toml"),
        ("infra/package-lock.json", "infra/package.json"),
        ("notes.txt", ""),
    ],
)
def test_a_lock_has_a_file_that_it_is_made_from(path: str, source: str) -> None:
    assert lock_files.source(path) == source


def test_pins_by_hand_are_set_without_touching_another_byte() -> None:
    text = "# Django==1.0 stays\nDjango == 5.0\nDjango==5.0  # why\r\nother==1\nx[y]==1\n"
    assert lock_files.replace_pins(text, {"django": "5.2", "x": "2"}) == (
        "# Django==1.0 stays\nDjango == 5.0\nDjango==5.2  # why\r\nother==1\nx[y]==2\n"
    )


def test_the_locks_of_a_link_are_read_wherever_they_lie(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    course.write("01-greeting", "poetry.lock", lock(a="1"))
    course.write("01-greeting", "infra/poetry.lock", lock(b="2"))
    course.write("01-greeting", "requirements.txt", "a==1\n")
    chain = course.chain
    assert lock_files.read(chain, chain.links[0]) == {
        "infra/poetry.lock": {"b": "2"},
        "poetry.lock": {"a": "1"},
        "requirements.txt": {"a": "1"},
    }


def test_versions_that_differ_are_measured_by_the_end_of_the_chain(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2)
    course.write("01-greeting", "requirements.txt", "a==1\nc==3\n")
    course.write("02-notes", "poetry.lock", lock(a="2", b="1"))
    course.write("02-notes", "requirements.txt", "a==2\nb==0\n")
    course.write("final", "poetry.lock", lock(a="9"))
    assert lock_files.disagreements(course.chain) == [
        "steps/01-greeting/requirements.txt: a 1, but steps/02-notes/poetry.lock has 2",
        "steps/02-notes/requirements.txt: b 0, but steps/02-notes/poetry.lock has 1",
    ]
