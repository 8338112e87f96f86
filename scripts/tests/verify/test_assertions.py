"""A test that asserts nothing is found by reading it; one that asserts in any way is left alone."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tests import small_course
from tests.verify.helpers import fault, passes

from course.verify.assertions import Suite

NOTHING = [
    "pass",
    "thing()",
    "...",
    '"""Words."""',
    "assert True",
    "assert not False, 'x'",
    "assert 1 == 1",
    "assert (thing() == 1, 'a tuple')",
    "assert thing or True",
    "x = thing()\nassert x == x",
    "x = thing()\nassert x.y is x.y and True",
    "self.assertTrue(True)",
    "self.assertEqual(1, 1, msg='x')",
    "x = thing()\nself.assertEqual(x, x)",
    "if False:\n    assert thing()",
    "while 0:\n    assert thing()",
    "return\nassert thing()",
    "try:\n    assert thing()\nexcept Exception:\n    pass",
    "try:\n    assert thing()\nexcept (ValueError, AssertionError):\n    pass",
    "try:\n    assert thing()\nexcept:\n    pass",
    "with contextlib.suppress(AssertionError):\n    assert thing()",
    "for x in thing():\n    x.do()",
    "with thing():\n    other()",
    "idle()",
    "Idle().run()",
    "return thing()",
]
SOMETHING = [
    "assert thing()",
    "assert x",
    "assert next(a) == next(a)",
    "assert thing() or other()",
    "self.assertEqual(thing(), 1)",
    "self.assertEqual(*pair)",
    "self.assertNumQueries(2)",
    "with django_assert_num_queries(1):\n    thing()",
    "with pytest.raises(ValueError):\n    thing()",
    "mock.assert_called_once()",
    "self.fail('x')",
    "raise AssertionError",
    "if thing():\n    pass\nelse:\n    assert other()",
    "if True:\n    assert thing()",
    "for x in thing():\n    assert x",
    "match thing():\n    case 1:\n        assert other()",
    "try:\n    assert thing()\nfinally:\n    other()",
    "try:\n    assert thing()\nexcept ValueError:\n    pass",
    "try:\n    thing()\nexcept Exception as error:\n    assert error.x",
    "try:\n    assert thing()\nexcept Exception:\n    raise",
    "with thing() as x:\n    assert x",
    "with contextlib.suppress(ValueError):\n    assert thing()",
    "helper()",
    "deep()",
    "tests.helper()",
    "with Checked():\n    thing()",
    "return helper()",
]
HELPERS = """
def helper():
    assert thing()

def deep():
    helper()

def idle():
    idle()

class Idle:
    def run(self):
        pass

class Checked:
    def __exit__(self, *_):
        assert thing()

class Base:
    def test_inherited(self):
        assert thing()

    def test_lazy(self):
        pass

class Round(Round):
    pass
"""


def suite(body: str, more: str = "") -> Suite:
    text = f"def test_it(self):\n{textwrap.indent(body, '    ')}\n{more}"
    files = {"tests/test_it.py": text.encode(), "tests/helpers.py": HELPERS.encode()}
    return Suite({**files, "tests/broken.py": b"def ("})


@pytest.mark.parametrize("body", NOTHING)
def test_what_asserts_nothing(body: str) -> None:
    assert suite(body).idle(["tests.test_it.test_it[a.b]"]) == ["tests.test_it.test_it[a.b]"]


@pytest.mark.parametrize("body", SOMETHING)
def test_what_asserts_something(body: str) -> None:
    assert suite(body).idle(["tests.test_it.test_it"]) == []


def test_classes_fixtures_and_what_is_not_written_here() -> None:
    more = """
class TestIt(Base, unittest.TestCase):
    def test_own(self):
        pass

    def test_given(self, /, *, helper):
        pass

class TestNext(TestIt[int]):
    pass

class TestRound(Round):
    pass
"""
    names = [
        "tests.test_it.TestIt.test_own",
        "tests.test_it.TestIt.test_given",
        "tests.test_it.TestIt.test_inherited",
        "tests.test_it.TestNext.test_lazy",
        "tests.test_it.TestNext.test_inherited",
        "tests.test_it.TestRound.test_x",
        "tests.test_it.test_made_by_a_plug_in",
        "tests.elsewhere.test_x",
        "cypress: publishes a post",
    ]
    assert suite("pass", more).idle(names) == [names[0], names[3]]


@pytest.mark.parametrize("body", ["pass", "notes.titled('x')", "self.assertTrue(True)"])
def test_a_test_that_cannot_be_imported_before_must_assert_something(
    tmp_path: Path, body: str
) -> None:
    course = small_course.make(tmp_path, steps=2, final=False, only=["test"])
    text = f"""import unittest
import notes

class More(unittest.TestCase):
    def test_more(self):
        {body}
"""
    course.write("02-notes", "tests/test_more.py", text)
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert "tests.test_more.More.test_more asserts nothing" in found.message
    course.write("02-notes", "tests/test_more.py", text.replace(body, "assert notes.titled('x')"))
    assert passes(course)["02-notes", "proof"].facts["unimported"] == 1


def test_a_test_that_lost_its_assertion_is_found_where_it_lost_it(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2, final=False, only=["test"])
    course.edit("02-notes", "tests/test_greeting.py", "self.assertEqual(", "print(")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert "asserts nothing" in found.message


def test_the_first_step_s_tests_assert_something_too(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2, final=False, only=["test"])
    course.edit("01-greeting", "tests/test_greeting.py", "self.assertEqual(", "print(")
    course.edit("02-notes", "tests/test_greeting.py", "self.assertEqual(", "print(")
    found = fault(course)
    assert (found.link, found.check) == ("01-greeting", "test")
    assert "asserts nothing" in found.message
