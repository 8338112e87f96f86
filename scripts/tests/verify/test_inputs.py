"""What a check does not read is not there when it runs, and so is no input of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, passes, ran, states

from course.errors import CourseError
from course.verify import inputs
from course.verify.outcome import PASSED, REMEMBERED

_ALL = ["check", "test", "migrate", "upgrade", "serve"]
_PATHS = ["Dockerfile", "infra/*"]
_FILES = "python -m unittest --verbose {files}"
_TEST = """import pathlib
import unittest


class Docker(unittest.TestCase):
    def test_image_is_named(self):
        self.assertIn("FROM", pathlib.Path("Dockerfile").read_text())
"""


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """A course whose last link adds to the one before what most checks do not read."""
    course = small_course.make(tmp_path)
    for path, content in small_course.FILES["03-stars"].items():
        course.write("02-notes", path, content)
    course.set_all(unread=[{"checks": _ALL, "paths": _PATHS}], test_files=_FILES)
    for link in ("03-stars", "final"):
        course.write(link, "Dockerfile", "FROM scratch\n")
    course.set("02-notes", proof="python -c \"open('notes.py')\"")
    course.set("03-stars", proof="python -c \"open('Dockerfile')\"")
    return course


def test_a_link_that_changes_nothing_that_is_read_has_the_results_of_the_one_before(
    course: SmallCourse,
) -> None:
    found = {key: outcome.state for key, outcome in passes(course).items()}
    for check in ("check", "test", "migrate", "serve"):
        assert found["02-notes", check] == PASSED
        assert found["03-stars", check] == REMEMBERED
    for check in ("install", "lint", "proof"):
        assert found["03-stars", check] == PASSED
    assert passes(course)["03-stars", "test"].facts == passes(course)["02-notes", "test"].facts


def test_of_three_equal_links_the_upgrade_is_made_once(course: SmallCourse) -> None:
    for path, content in small_course.FILES["03-stars"].items():
        course.write("01-greeting", path, content)
    course.write("02-notes", "infra/deep/main.ts", "0")
    course.step("01-greeting").pop("commands")
    course.step("01-greeting").pop("settings")
    course.set("02-notes", proof="python -c \"open('infra/deep/main.ts')\"")
    found = states(course.verify())
    assert found["02-notes", "upgrade"] == PASSED
    assert found["03-stars", "upgrade"] == REMEMBERED


def test_a_relevant_change_costs_the_checks_and_their_faults_are_found(course: SmallCourse) -> None:
    passes(course)
    course.edit("03-stars", "notes.py", '"*"', '"+"')
    course.renew_copy()
    assert fault(course).check == "test"
    course.edit("03-stars", "notes.py", '"+"', '"*"')
    course.write("03-stars", "infra/main.ts", "0")
    course.renew_copy()
    assert {check for link, check in ran(course.verify()) if link == "03-stars"} == {
        "install",
        "lint",
        "proof",
    }


def test_a_fault_is_that_of_each_link_which_has_it(course: SmallCourse) -> None:
    for link in ("02-notes", "03-stars"):
        course.edit(link, "notes.py", '"*"', '"+"')
    course.renew_copy()
    found = [(o.link, o.check) for o in course.verify() if o.bad and o.log is not None]
    assert found == [("02-notes", "test"), ("03-stars", "test")]


def test_a_check_that_reads_it_all_the_same_fails(course: SmallCourse) -> None:
    course.write("03-stars", "tests/test_docker.py", _TEST)
    course.renew_copy()
    said = fault(course, "03-stars")
    assert said.check == "test" and "No such file or directory: 'Dockerfile'" in said.message


def test_tests_of_what_is_unread_run_apart_and_are_proven(course: SmallCourse) -> None:
    course.step("03-stars").pop("commands")
    course.set_all(unread=[{"checks": _ALL, "paths": [*_PATHS, "tests/test_docker.py"]}])
    course.write("03-stars", "tests/test_docker.py", _TEST)
    course.renew_copy()
    found = passes(course)
    assert found["03-stars", "apart"].facts["states"] == {
        "tests.test_docker.Docker.test_image_is_named": "passed"
    }
    assert found["03-stars", "proof"].facts["failing"] == 1
    assert ("02-notes", "apart") not in found
    # What is printed is of a part of the tests from here on.
    assert found["03-stars", "test"].state == PASSED
    course.write("03-stars", "Dockerfile", "FROM nothing\n")
    course.renew_copy()
    assert {check for link, check in ran(course.verify()) if link == "03-stars"} == {
        "install",
        "lint",
        "apart",
        "proof",
    }
    course.write("03-stars", "Dockerfile", "\n")
    course.renew_copy()
    assert fault(course).check == "apart"


def test_where_no_single_files_are_run_the_tests_read_all(course: SmallCourse) -> None:
    course.set_all(unread=[{"checks": _ALL, "paths": [*_PATHS, "tests/*"]}], test_files=[])
    found = states(course.verify())
    assert found["03-stars", "test"] == PASSED
    assert found["03-stars", "check"] == REMEMBERED


def test_what_a_check_does_not_run_costs_it_nothing(course: SmallCourse) -> None:
    passes(course)
    course.set("03-stars", beside="python -c pass", hint="Sign in.", holds={})
    assert ran(course.verify()) == set()


def test_an_unknown_check_is_refused(course: SmallCourse) -> None:
    course.set_all(unread=[{"checks": ["lint"], "paths": ["x"]}])
    with pytest.raises(CourseError, match="unread"):
        course.verify()


def test_content_is_paths_modes_and_blobs(course: SmallCourse) -> None:
    chain = course.chain
    entries = [dict(chain.entries(chain.find(name))) for name in ("02-notes", "03-stars")]
    whole = {inputs.content(found) for found in entries}
    parts = {inputs.content(inputs.read(found, tuple(_PATHS))) for found in entries}
    assert len(whole) == 2 and len(parts) == 1
