"""What came of tests is read from JUnit's XML, or from what unittest prints."""

from __future__ import annotations

import pytest

from course.test_results import Results, from_junit, from_unittest

UNITTEST = """Found 9 test(s).
/somewhere/x.py:3: ResourceWarning: unclosed file
setUpClass (tests.test_a.Broken) ... ERROR
test_bad (tests.test_a.B.test_bad) ... FAIL
test_boom (tests.test_a.B.test_boom) ... ERROR
test_doc (tests.test_a.B.test_doc)
Greets (politely). ... ok
test_late (tests.test_a.B.test_late) ... no line endok
test_local (tests.test_a.make.<locals>.B.test_local) ... ok
test_prints (tests.test_a.B.test_prints) ... some
lines
ok
test_skip (tests.test_a.B.test_skip) ... skipped 'ok'
test_sub (tests.test_a.B.test_sub) ...\x20
  test_sub (tests.test_a.B.test_sub) (i=1) ... FAIL
test_expected (tests.test_a.B.test_expected) ... expected failure
test_unexpected (tests.test_a.B.test_unexpected) ... unexpected success
tests.test_b (unittest.loader._FailedTest.tests.test_b) ... ERROR
test_hangs (tests.test_a.B.test_hangs) ...\x20
======================================================================
ERROR: setUpClass (tests.test_a.Broken)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/somewhere/test_a.py", line 4, in setUpClass
    raise ValueError("no")
ValueError: no

======================================================================
ERROR: tests.test_b (unittest.loader._FailedTest.tests.test_b)
----------------------------------------------------------------------
ImportError: Failed to import test module: tests.test_b
Traceback (most recent call last):
  File "/somewhere/test_b.py", line 1, in <module>
    import nothing_here
ModuleNotFoundError: No module named 'nothing_here'


======================================================================
FAIL: test_bad (tests.test_a.B.test_bad)
It is described here.
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/somewhere/test_a.py", line 16, in test_bad
    self.assertEqual({"a": 1}, {"a": 2})
AssertionError: {'a': 1} != {'a': 2}
- {'a': 1}
?       ^

======================================================================
ERROR: test_boom (tests.test_a.B.test_boom)
----------------------------------------------------------------------

----------------------------------------------------------------------
Ran 9 tests in 0.001s
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_verdict_of_unittest_is_understood(newline: str) -> None:
    found = from_unittest(UNITTEST.replace("\n", newline))
    assert found.states == {
        "tests.test_a.Broken.setUpClass": "failed",
        "tests.test_a.B.test_bad": "failed",
        "tests.test_a.B.test_boom": "failed",
        "tests.test_a.B.test_doc": "passed",
        "tests.test_a.B.test_late": "passed",
        "tests.test_a.make.<locals>.B.test_local": "passed",
        "tests.test_a.B.test_prints": "passed",
        "tests.test_a.B.test_skip": "skipped",
        "tests.test_a.B.test_sub": "failed",
        "tests.test_a.B.test_expected": "passed",
        "tests.test_a.B.test_unexpected": "failed",
        "tests.test_a.B.test_hangs": "failed",
    }
    assert found.unimported == {"tests.test_b"}
    assert found.messages == {
        "tests.test_a.Broken.setUpClass": "ValueError: no",
        "tests.test_b": "ModuleNotFoundError: No module named 'nothing_here'",
        "tests.test_a.B.test_bad": "AssertionError: {'a': 1} != {'a': 2}",
        "tests.test_a.B.test_boom": "",
    }
    assert found.named("skipped") == ["tests.test_a.B.test_skip"]


@pytest.mark.parametrize("text", ["", "Ran 0 tests in 0.000s\n\nOK\n", "python: no such file"])
def test_output_without_tests_has_no_results(text: str) -> None:
    assert from_unittest(text) == Results()


JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.test_a.TestA" name="test_passes"/>
<testcase classname="tests.test_a" name="test_each[é]"/>
<testcase name="no_class"/>
<testcase classname="tests.test_a" name="test_fails">
<failure message="AssertionError: assert 1 == 2&#10;more">long</failure></testcase>
<testcase classname="tests.test_a" name="test_breaks"><error>

first line
E   NameError: name
E   more of it
</error></testcase>
<testcase classname="tests.test_a" name="test_skips"><skipped message="why"/></testcase>
<testcase classname="tests.test_a" name="test_tears"/>
<testcase classname="tests.test_a" name="test_tears"><error message="at the end"/></testcase>
<testcase classname="tests.test_a" name="test_tears"/>
<testcase classname="" name="tests.test_b"><error message="collection failure">x = 1
E   ModuleNotFoundError: No module named 'gone'</error></testcase>
</testsuite></testsuites>"""


def test_every_outcome_of_junit_is_understood() -> None:
    found = from_junit(JUNIT.encode())
    assert found.states == {
        "tests.test_a.TestA.test_passes": "passed",
        "tests.test_a.test_each[é]": "passed",
        "no_class": "passed",
        "tests.test_a.test_fails": "failed",
        "tests.test_a.test_breaks": "failed",
        "tests.test_a.test_skips": "skipped",
        "tests.test_a.test_tears": "failed",
    }
    assert found.unimported == {"tests.test_b"}
    assert found.messages == {
        "tests.test_a.test_fails": "AssertionError: assert 1 == 2",
        "tests.test_a.test_breaks": "NameError: name",
        "tests.test_a.test_tears": "at the end",
        "tests.test_b": "ModuleNotFoundError: No module named 'gone'",
    }


@pytest.mark.parametrize("xml", [b"", b"<testsuites>", b"\xff\xfe\x00"])
def test_what_is_not_xml_is_an_error(xml: bytes) -> None:
    with pytest.raises(ValueError, match="not JUnit XML"):
        from_junit(xml)


def test_results_survive_being_remembered() -> None:
    found = from_junit(JUNIT.encode())
    again = Results.from_json(found.as_json())
    assert (again.states, again.unimported) == (found.states, found.unimported)


def test_results_that_were_spoilt_are_none() -> None:
    assert Results.from_json({"states": [1], "unimported": "x"}) == Results()
    assert Results.from_json({}) == Results()
