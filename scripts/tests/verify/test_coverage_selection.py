"""Coverage is measured where it can grow: at no price in tests, or in lines that none reaches."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, passes

from course.verify.coverage_selection import Covering, Found, Measured, read

SETTINGS = """
[tool.pytest.ini_options]
addopts = ["--cov=sign", "--cov-branch", "--cov-report=term", "-q", "-q", "-s"]

[tool.coverage.report]
fail_under = 100
"""
CODE = """
def sign(number):
    if number < 0:
        return "minus"
    return "plus"
"""
# What is measured shows in each test's own line.
TESTS = """
import os
import sys
import threading

from sign import sign


def seen(name):
    print(f":{name} is", "measured" if sys.gettrace() else "spared")


def test_plus():
    seen("plus")
    assert sign(1) == "plus"


def test_plus_again():
    seen("plus again")
    assert sign(2) == "plus"


def test_minus():
    seen("minus")
    assert sign(-1) == "minus"


def test_thread():
    thread = threading.Thread(target=seen, args=["thread"])
    thread.start()
    thread.join()
    assert not thread.is_alive()


def test_environment():
    assert "COURSE_COVERING" not in os.environ
    assert "PYTEST_PLUGINS" not in os.environ
"""
NEW = """
from sign import sign
from tests.test_sign import seen


def test_new():
    seen("new")
    import notes

    assert notes and sign
"""
BOTH = """    assert sign(1) != sign(-1)
"""


@pytest.fixture
def course(tmp_path: Path) -> Iterator[SmallCourse]:
    """A course whose two steps measure what their tests cover."""
    made = small_course.make(tmp_path, steps=2, only=("test",))
    made.set_all(test=f"{shlex.quote(sys.executable)} -m pytest --junitxml={{results}}")
    for name in ("01-greeting", "02-notes"):
        made.write(name, "pyproject.toml", SETTINGS)
        made.write(name, "sign.py", CODE)
        made.write(name, "tests/test_sign.py", TESTS)
    yield made


def said(course: SmallCourse, name: str) -> list[str]:
    """Return which tests of a link were measured when they ran last."""
    log = (course.repository.state / "logs" / name / "test.log").read_text(encoding="utf-8")
    return re.findall(r"(\w[\w ]* is (?:measured|spared))", log)


def test_link_after_another_measures_only_what_reached_something_there(
    course: SmallCourse,
) -> None:
    course.write("02-notes", "tests/test_new.py", NEW)
    passes(course, "01-greeting")
    found = passes(course, "02-notes")
    assert said(course, "01-greeting") == [
        "plus is measured",
        "plus again is measured",
        "minus is measured",
        "thread is measured",
    ]
    assert said(course, "02-notes") == [
        "new is measured",
        "plus is measured",
        "plus again is spared",
        "minus is measured",
        "thread is spared",
    ]
    states = found["02-notes", "test"].facts["states"]
    assert isinstance(states, dict) and states["tests.test_sign.test_plus_again"] == "passed"
    assert "TOTAL" in str(found["02-notes", "test"].facts["printed"])


def test_link_before_another_measures_what_it_has_in_common_with_it(course: SmallCourse) -> None:
    # It runs first, and reaches all that the others reach.
    course.write("02-notes", "tests/test_all.py", NEW + BOTH)
    passes(course, "02-notes")
    kept = read(course.repository.results_folder("covering") / "notes.json")
    assert kept is not None and sorted(kept.needed) == [
        "tests/test_sign.py::test_minus",
        "tests/test_sign.py::test_plus",
    ]
    (course.repository.results_folder("covering") / "greeting.json").unlink()
    course.edit("01-greeting", "sign.py", "number < 0", "number <= -1")
    passes(course, "01-greeting")
    assert said(course, "01-greeting") == [
        "plus is measured",
        "plus again is spared",
        "minus is measured",
        "thread is spared",
    ]


def test_spared_test_fails_as_any_other(course: SmallCourse) -> None:
    passes(course, "01-greeting")
    course.edit("02-notes", "tests/test_sign.py", 'sign(2) == "plus"', 'sign(2) == "minus"')
    found = fault(course, "02-notes")
    assert "test_plus_again" in found.message
    assert "plus again is spared" in said(course, "02-notes")


def test_what_only_a_spared_test_reaches_is_reached_when_it_runs_once_more(
    course: SmallCourse,
) -> None:
    passes(course, "01-greeting")
    grow(course)
    found = passes(course, "02-notes")["02-notes", "test"]
    spared = ["plus again is spared", "thread is spared"]
    assert [line for line in said(course, "02-notes") if line in spared] == spared
    assert said(course, "02-notes")[-2:] == ["plus again is measured", "thread is measured"]
    assert len(re.findall("plus again", str(found.facts["printed"]))) == 2
    kept = read(course.repository.results_folder("covering") / "notes.json")
    assert kept is not None
    assert "tests/test_sign.py::test_plus_again" in kept.needed


def test_where_that_fails_all_run_again_and_every_one_is_measured(course: SmallCourse) -> None:
    once = """def test_once():
    assert not hasattr(sys, "once")
    sys.once = True


def test_plus():"""
    for name in ("01-greeting", "02-notes"):
        course.edit(name, "tests/test_sign.py", "def test_plus():", once)
    passes(course, "01-greeting")
    grow(course)
    passes(course, "02-notes")
    assert said(course, "02-notes") == said(course, "01-greeting")


def grow(course: SmallCourse) -> None:
    """Give the second link code that only a test reaches that need not be measured."""
    course.edit("02-notes", "sign.py", 'return "plus"', 'return "plus" if number < 2 else more()')
    course.edit("02-notes", "sign.py", "def sign", 'def more():\n    return "plus"\n\n\ndef sign')


def test_what_no_test_reaches_is_a_fault_as_ever(course: SmallCourse) -> None:
    passes(course, "01-greeting")
    course.edit("02-notes", "sign.py", "def sign", "def more():\n    return 1\n\n\ndef sign")
    found = fault(course, "02-notes")
    assert found.check == "test" and "100" in found.message


def test_fresh_run_measures_every_test(course: SmallCourse) -> None:
    passes(course, "01-greeting")
    passes(course, "02-notes")
    assert "plus again is spared" in said(course, "02-notes")
    course.verify("02-notes", fresh=True)
    assert "plus again is measured" in said(course, "02-notes")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"known": 3, "needed": []}', '{"known": []}'])
def test_advice_that_cannot_be_read_is_none(course: SmallCourse, tmp_path: Path, text: str) -> None:
    path = tmp_path / "found.json"
    path.write_text(text, encoding="utf-8")
    assert read(path) is None
    folder = course.repository.results_folder("covering")
    (folder / "greeting.json").write_text(text, encoding="utf-8")
    assert Covering(course.chain).spared(course.chain.links[1]) == frozenset()


def test_nearest_link_is_asked(course: SmallCourse, tmp_path: Path) -> None:
    course = small_course.make(tmp_path / "more", final=False)
    first, second, third = course.chain.links
    covering = Covering(course.chain)
    covering.keep(
        first, [Found(frozenset("abc"), frozenset("a")), Found(frozenset("de"), frozenset("d"))]
    )
    assert covering.spared(third) == frozenset("bce")
    covering.keep(second, [Found(frozenset("ab"), frozenset())])
    assert covering.spared(third) == frozenset("ab")
    assert Covering(course.chain).spared(first) == frozenset("bce")


def test_advice_that_cannot_be_kept_is_lost_and_no_more(course: SmallCourse) -> None:
    folder = course.repository.results_folder("covering")
    (folder / "greeting.json").mkdir()
    first, second, _ = course.chain.links
    covering = Covering(course.chain)
    covering.keep(first, [Found(frozenset("ab"), frozenset("a"))])
    assert covering.spared(second) == frozenset("b")


def test_run_that_measures_nothing_found_out_nothing(tmp_path: Path) -> None:
    measured = Measured(tmp_path / "logs" / "test.json", frozenset({"b", "a"}))
    assert measured.variables()["COURSE_COVERING"] == str(measured.file)
    assert json.loads(measured.file.read_bytes()) == {"spared": ["a", "b"], "since": {}}
    assert measured.found() is None and not measured.lacking
    measured.file.write_text('{"complete": false, "known": ["a"], "needed": []}', "utf-8")
    assert measured.found() is None and measured.lacking
    measured.file.unlink()
    assert measured.found() is None and not measured.lacking
