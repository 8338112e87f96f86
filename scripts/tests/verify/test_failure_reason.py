"""A failed command says in one line why, where, and what fixes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from tests import small_course
from tests.verify.helpers import fault, faults

from course.catalogue import Command, Remedy
from course.processes import Finished
from course.verify import failure_reason

COMMAND = Command.parse("pytest --junitxml={results} -q")
FAILED = Finished(code=1, output=b"", seconds=2.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "project"


def said(folder: Path, *lines: str, remedies: tuple[Remedy, ...] = ()) -> str:
    """Return what is said of a command that printed these lines."""
    log = folder.parent / "command.log"
    log.write_text("\n".join(("of an earlier command: Error", "$ pytest", *lines)) + "\n")
    start = len("of an earlier command: Error\n")
    return failure_reason.failure(COMMAND, FAILED, log, start, folder, remedies)


def test_the_command_is_shown_as_a_person_types_it(folder: Path) -> None:
    assert said(folder) == "`pytest -q` ended with code 1: it printed nothing"


def test_the_last_line_is_told_where_none_says_more(folder: Path) -> None:
    assert said(folder, "one", "two").endswith(": two")


def test_a_traceback_is_told_by_its_last_line_and_its_innermost_own_place(folder: Path) -> None:
    library = Path(folder.anchor) / "lib" / "library.py"
    told = said(
        folder,
        "Traceback (most recent call last):",
        f'  File "{folder / "manage.py"}", line 9, in <module>',
        f'  File "{folder / "config" / "views.py"}", line 13, in home',
        f'  File "{library}", line 7, in call',
        '  File "<frozen runpy>", line 3, in run',
        "ValueError: no such thing",
    )
    assert told.endswith(": ValueError: no such thing (config/views.py, line 13)")


def test_a_traceback_from_elsewhere_alone_has_no_place(folder: Path) -> None:
    library = Path(folder.anchor) / "lib" / "library.py"
    assert said(folder, f'  File "{library}", line 7', "KeyError: 'x'").endswith(": KeyError: 'x'")


def test_where_a_program_began_is_no_place(folder: Path) -> None:
    library = Path(folder.anchor) / "lib" / "library.py"
    told = said(
        folder,
        "Traceback (most recent call last):",
        f'  File "{folder / "notes.py"}", line 2, in insert',
        "sqlite3.IntegrityError: not unique",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        f'  File "{folder / "manage.py"}", line 9, in <module>',
        f'  File "{library}", line 7, in call',
        "IntegrityError: not unique",
    )
    assert told.endswith(": IntegrityError: not unique")


def test_a_linter_is_told_by_its_first_complaint_with_the_files_own_name(folder: Path) -> None:
    file = folder / "config" / "views.py"
    told = said(folder, f"would reformat {file}", "Oh no!", "1 file would fail: Error")
    assert told.endswith(f": would reformat {Path('config') / 'views.py'}")
    told = said(folder, f"error: cannot parse {file}:13:4", "ParseError: bad input")
    assert told.endswith(f": error: cannot parse {Path('config') / 'views.py'}:13:4")


def test_the_first_remedy_that_fits_is_added(folder: Path) -> None:
    remedies = (
        Remedy(pattern="^nothing of the kind$", says="never"),
        Remedy(pattern=r"^would reformat (?P<path>.+)$", says="black {path}"),
        Remedy(pattern="reformat", says="too late"),
    )
    told = said(folder, "at first", f"would reformat {folder / 'a.py'}", remedies=remedies)
    assert told.endswith(": would reformat a.py; black a.py")


def test_a_group_that_found_nothing_is_left_empty(folder: Path) -> None:
    remedies = (Remedy(pattern="one(?P<more> two)?", says="fix it{more}"),)
    assert said(folder, "one", remedies=remedies).endswith(": one; fix it")


@pytest.mark.parametrize(("pattern", "says"), [("(", "fix it"), ("a", "fix {it}"), ("", "so")])
def test_a_remedy_that_cannot_be_used_is_refused(pattern: str, says: str) -> None:
    with pytest.raises(ValidationError):
        Remedy(pattern=pattern, says=says)


def test_verify_tells_the_remedy_of_the_catalogue(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2, final=False, only=["check", "test"])
    course.tables["remedy"] = [
        {"pattern": r"^(?P<path>\w+\.py): SyntaxError", "says": "read {path} once more"}
    ]
    course.save()
    course.edit("02-notes", "notes.py", "def titled(text):", "def titled(text:")
    found = {outcome.check: outcome.message for outcome in faults(course, course.verify())}
    assert found["check"].endswith("; read notes.py once more")
    assert "once more" not in found["test"]


def test_a_module_that_the_tests_cannot_load_is_named_with_its_line(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2, final=False, only=["test"])
    course.edit("02-notes", "notes.py", "def titled(text):", "def titled(text:")
    message = fault(course).message
    assert "SyntaxError" in message
    assert str(tmp_path) not in message
    assert "(notes.py, line 5)" in message


def test_the_way_to_where_a_test_hangs_is_that_of_the_thread_that_tests(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "before\nFatal Python error: Aborted\n\nThread 0x01 (most recent call first):\n"
        '  File "/lib/threading.py", line 1 in wait\n\n'
        "Current thread 0x02 (most recent call first):\n"
        '  File "/copy/notes.py", line 3 in titled\n'
        '  File "/copy/tests/test_x.py", line 9 in test_x\n'
        '  File "/lib/unittest.py", line 5 in run\n\n'
        'Thread 0x03 (most recent call first):\n  File "/lib/threading.py", line 2 in wait\n'
    )
    places = [line.split('"')[1] for line in failure_reason.hanging_frames(log)]
    assert places == ["/lib/unittest.py", "/copy/tests/test_x.py", "/copy/notes.py"]
    log.write_text('Current thread 0x02\n  File "/copy/notes.py", line 3 in <module>\n')
    assert len(failure_reason.hanging_frames(log)) == 1
    log.write_text("nothing of the kind\n")
    assert failure_reason.hanging_frames(log) == []
