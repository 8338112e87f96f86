"""``course verify`` as a person or a machine calls it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course import console, deadline
from course.chain import Chain
from course.commands.verify import verify
from course.verify import plan, report
from course.verify.outcome import FAILED, NOT_RUN, PASSED, Outcome


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCourse]:
    """Two steps and a final copy, with tests alone, as the current folder."""
    course = small_course.make(tmp_path, steps=2, only=["test"])
    monkeypatch.chdir(course.root)
    monkeypatch.setattr(console.out, "width", 200)
    yield course


def call(*words: str) -> int:
    """Call the verb, and return its exit code."""
    try:
        verify.main(list(words), prog_name="verify", standalone_mode=False)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code
    return 0


def test_a_run_ends_with_a_table_and_a_sum(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call() == 0
    out, err = capsys.readouterr()
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0].split() == "step install test proof copy tests proof of what is new".split()
    assert lines[1].split() == "01-greeting ✓ ✓ · · 1".split()
    assert lines[2].split() == "02-notes ✓ ✓ ✓ · 2 1 fail before".split()
    assert lines[3].split() == "final · · · ✓".split()
    assert lines[-1].startswith("6 passed, 0 failed in ")
    assert "✓ 02-notes" in err
    assert call() == 0
    again = capsys.readouterr()
    assert again.err == ""
    assert "0 passed, 0 failed, 6 remembered in " in again.out


def test_what_has_not_begun_at_the_deadline_is_named(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(deadline.VARIABLE, "1000")
    assert call() == 0
    out, err = capsys.readouterr()
    assert f"NOT RUN 02-notes test: {deadline.REASON}" in out
    assert "0 passed, 0 failed, 6 not run in " in out
    assert "some checks were not begun in time. → course verify" in err
    monkeypatch.delenv(deadline.VARIABLE)
    assert call() == 0
    assert "6 passed" in capsys.readouterr().out
    # What is known needs no time.
    monkeypatch.setenv(deadline.VARIABLE, "1000")
    assert call() == 0
    assert "6 remembered" in capsys.readouterr().out


@pytest.mark.parametrize(("named", "first"), [(False, "01-greeting"), (True, "02-notes")])
def test_the_last_links_go_first_where_time_may_not_be_enough(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch, named: bool, first: str
) -> None:
    if named:
        monkeypatch.setenv(deadline.VARIABLE, str(time.time() + 600))
    told: list[Outcome] = []
    chain = Chain(course.repository)
    small_course.verify(
        chain,
        chain.links,
        jobs=1,
        tell=lambda item: told.append(item) if isinstance(item, Outcome) else None,
    )
    tested = [outcome.link for outcome in told if outcome.check == "test"]
    assert sorted(tested) == ["01-greeting", "02-notes"]
    assert tested[0] == first


def test_a_fault_is_one_line_and_the_exit_code_is_1(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    course.edit("02-notes", "notes.py", ".title()", "")
    assert call("2", "01-greeting", "notes") == 1
    out, err = capsys.readouterr()
    [line] = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert line.startswith("FAILED 02-notes test: 1 of 2 tests failed: tests.test_notes.Notes.test")
    assert line.endswith("(.course/logs/02-notes/test.log)")
    assert (course.root / ".course/logs/02-notes/test.log").is_file()
    assert "✗ 02-notes test" in err
    assert "final" not in out
    assert "3 passed, 1 failed, 1 skipped in " in out


def test_the_fault_of_another_check_shows_where_it_came_to_light(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    course.write("01-greeting", "greeting.py", "open('../x')\n")
    assert call("1") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["step", "install", "isolation", "tests"]
    assert lines[1].split() == ["01-greeting", "✓", "✗"]


def test_json_is_for_programs(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    course.write("final", "README.md", "# An é [bold]\n")
    assert call("--json", "--jobs", "1") == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [(entry["step"], entry["check"], entry["state"]) for entry in found] == [
        ("01-greeting", "install", PASSED),
        ("01-greeting", "test", PASSED),
        ("02-notes", "install", PASSED),
        ("02-notes", "test", PASSED),
        ("02-notes", "proof", PASSED),
        ("final", "copy", FAILED),
    ]
    assert found[-1]["log"] == ".course/logs/final/copy.log"
    assert set(found[0]) == {
        "step",
        "check",
        "state",
        "message",
        "log",
        "seconds",
        "processor_seconds",
        "notes",
    }
    assert "FAILED final copy: " in err


def test_a_matrix_runs_nothing(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--matrix") == 0
    assert json.loads(capsys.readouterr().out) == ["01-greeting", "02-notes", "final"]
    course.edit("02-notes", "notes.py", ".title()", "")
    assert call("--matrix", "--changed") == 0
    assert json.loads(capsys.readouterr().out) == ["02-notes", "final"]
    assert call("--matrix", "--changed", "1") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert not (course.root / ".course/logs").exists()


def test_nothing_to_verify_is_said(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--changed") == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Nothing to verify: no step differs from HEAD.\n")
    assert call("--changed", "--json", "--base", "HEAD") == 0
    assert capsys.readouterr().out == "[]\n"


def test_changed_verifies_what_is_touched(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    course.write("02-notes", "more.txt", "more")
    course.renew_copy()
    assert call("--changed", "--json") == 0
    assert {entry["step"] for entry in json.loads(capsys.readouterr().out)} == {"02-notes", "final"}


def test_notes_are_printed_when_asked_for(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    course.edit(
        "02-notes", "tests/test_notes.py", "import unittest\n", "import unittest\nimport notes\n"
    )
    assert call("--notes", "02") == 0
    out = capsys.readouterr().out
    assert "02-notes proof: 1 new tests cannot be imported on the step before" in out
    assert "1 cannot be imported before" in out


def test_fresh_remembers_nothing(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("1") == call("1", "--fresh") == 0
    assert capsys.readouterr().out.count("2 passed, 0 failed in ") == 2


def test_results_that_cannot_be_kept_are_a_warning(
    course: SmallCourse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device", "results")

    results = course.repository.state_folder("results")
    write = Path.write_text
    monkeypatch.setattr(
        Path,
        "write_text",
        lambda path, *a, **k: (full if path.parent == results else write)(path, *a, **k),
    )
    assert call("1") == 0
    warning = "warning: some results could not be remembered: results: No space left on device"
    assert warning in capsys.readouterr().err


def test_what_this_machine_cannot_run_is_named(
    course: SmallCourse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = Outcome("01-greeting", "extra", NOT_RUN, "there is no Docker here")
    monkeypatch.setattr(plan.Plan, "run", lambda *_: [outcome])
    assert call() == 0
    out, err = capsys.readouterr()
    assert "NOT RUN 01-greeting extra: there is no Docker here" in out
    assert "0 passed, 0 failed, 1 not run in " in out
    assert "some checks did not run on this machine" in err


def test_a_terminal_shows_a_bar_with_what_is_under_way(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.err, "_force_terminal", True)
    chain = course.chain
    described: list[str] = []
    with report.Live(chain.links, 6) as live:

        def tell(news: Outcome | plan.Task) -> None:
            live.tell(news)
            described.append(live._bar.tasks[0].description)

        small_course.verify(chain, chain.links, jobs=2, tell=tell)
        assert live._bar.tasks[0].completed == 6
    assert any(", " in text for text in described)
    assert described[-1] == ""


def test_a_log_elsewhere_is_named_in_full(tmp_path: Path) -> None:
    assert plan.log_name(tmp_path / "x", tmp_path) == "x"
    assert plan.log_name(tmp_path / "x", tmp_path / "y") == str(tmp_path / "x")
    assert plan.log_name(None, tmp_path) == ""
