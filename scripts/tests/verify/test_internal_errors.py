"""A check that could not be carried out is a fault of its own; the other checks go on."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, ran, states

from course.errors import CourseError
from course.verify import checks, lint_by_file
from course.verify.checks import Facts
from course.verify.outcome import PASSED, SKIPPED
from course.verify.workbench import Bench


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """One step with a linter, which is going to break, and tests."""
    return small_course.make(tmp_path, steps=1, final=False, only=["test", "lint"])


def breaks(monkeypatch: pytest.MonkeyPatch, error: Exception, check: str = "lint") -> None:
    """Let a check end with an error of the tool."""

    def broken(bench: Bench, *_: object) -> Facts:
        bench.log(check).write_text("what was printed before\n")
        raise error

    monkeypatch.setattr(lint_by_file if check == "lint" else checks, check, broken)


def test_a_full_disk_loses_no_other_result(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/somewhere/file")
    breaks(monkeypatch, full)
    found = fault(course)
    assert (found.link, found.check) == ("01-greeting", "lint")
    assert found.message == (
        "not carried out: /somewhere/file: No space left on device; this says nothing of the step:"
        " fix it (course doctor), then: course verify"
    )
    assert found.log is not None
    said = found.log.read_text(encoding="utf-8")
    assert said.startswith("what was printed before\nTraceback")
    monkeypatch.undo()
    outcomes = course.verify()
    assert ran(outcomes) == {("01-greeting", "lint")}
    assert states(outcomes)["01-greeting", "lint"] == PASSED


def test_an_error_without_a_file_is_told_as_it_is(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch, OSError("too many of them"))
    assert fault(course).message.startswith("not carried out: too many of them; this says nothing")


def test_what_a_person_can_mend_keeps_its_remedy_on_one_line(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch, CourseError("git failed:\nno such object", "Delete .course"))
    assert fault(course).message == "not carried out: git failed: no such object Delete .course"


def test_a_fault_of_the_tool_asks_for_a_report(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch, KeyError("name"))
    found = fault(course)
    assert found.message == (
        "not carried out: the tool itself failed with KeyError: 'name';"
        " please report it with the log"
    )
    assert found.log is not None and "in broken" in found.log.read_text(encoding="utf-8")


def test_what_depends_on_it_is_left_out(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch, OSError(errno.ENOSPC, "No space left on device"), "install")
    found = states(course.verify())
    assert found["01-greeting", "lint"] == found["01-greeting", "test"] == SKIPPED


def test_a_log_that_cannot_be_written_loses_nothing_else(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = course.repository.state / "logs"
    logs.mkdir(parents=True)
    (logs / "01-greeting").write_text("a file in the place of the folder")
    outcomes = course.verify()
    [found] = [outcome for outcome in outcomes if outcome.bad]
    assert found.log is None
    assert found.check == "install"
    assert "not carried out: " in found.message
