"""A passed check is remembered by what it depends on, and a failed one never is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, passes, ran, states

from course.cache import check_results
from course.cache.check_results import Memory
from course.repository import Repository
from course.verify.outcome import FAILED, PASSED, REMEMBERED


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """Four verified links of the cheapest kind."""
    course = small_course.make(tmp_path, only=["test", "migrate", "demo"])
    passes(course)
    return course


def test_a_second_run_runs_nothing(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course.processes.start", None)
    outcomes = course.verify()
    assert {outcome.state for outcome in outcomes} == {REMEMBERED}
    assert all(outcome.seconds > 0 for outcome in outcomes)


def test_a_changed_step_costs_itself_and_what_its_successor_builds_on_it(
    course: SmallCourse,
) -> None:
    course.edit("02-notes", "README.md", "Notes", "My notes")
    assert ran(course.verify()) == {
        *(("02-notes", check) for check in ("install", "test", "migrate", "proof")),
        ("03-stars", "upgrade"),
        ("03-stars", "proof"),
    }


def test_a_change_that_is_taken_back_costs_nothing(course: SmallCourse) -> None:
    course.edit("02-notes", "README.md", "Notes", "My notes")
    passes(course)
    course.edit("02-notes", "README.md", "My notes", "Notes")
    assert ran(course.verify()) == set()


def test_a_new_mode_of_a_file_counts_as_a_change(course: SmallCourse) -> None:
    (course.folder("03-stars") / "migrate.py").chmod(0o755)
    course.renew_copy()
    assert ("03-stars", "test") in ran(course.verify())


def test_a_changed_command_costs_the_steps_that_use_it(course: SmallCourse) -> None:
    course.set("03-stars", test=f"{small_course.COMMANDS['test']} --locals")
    assert ran(course.verify()) == {
        *(("03-stars", check) for check in ("test", "proof")),
    }


def test_words_about_a_step_cost_nothing(course: SmallCourse) -> None:
    course.set("02-notes", title="Another title", minutes=90)
    assert ran(course.verify()) == set()


def test_a_failed_check_is_run_again(course: SmallCourse) -> None:
    course.edit("03-stars", "notes.py", '"*"', '"+"')
    course.renew_copy()
    for _ in range(2):
        assert fault(course).check == "test"


def test_what_is_needed_of_an_unasked_step_is_not_shown(course: SmallCourse) -> None:
    assert {outcome.link for outcome in course.verify("03-stars")} == {"03-stars"}


def test_fresh_runs_everything_and_keeps_what_it_finds(course: SmallCourse) -> None:
    assert {outcome.state for outcome in course.verify(fresh=True)} == {PASSED}
    assert ran(course.verify()) == set()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b"[]", b"\xff\xfe", b'{"key": "another"}', b"null"]
)
def test_a_spoilt_memory_is_no_memory(course: SmallCourse, content: bytes) -> None:
    for path in (course.repository.state / "results").glob("*.json"):
        path.write_bytes(content)
    assert {outcome.state for outcome in course.verify("01-greeting")} == {PASSED}


def test_a_memory_with_odd_values_is_read_for_what_it_holds(course: SmallCourse) -> None:
    store = Memory(course.repository)
    store.put("name", {"notes": "x", "facts": [], "seconds": "long"})
    assert store.get("name") == {"notes": "x", "facts": [], "seconds": "long"}
    for path in (course.repository.state / "results").glob("*.json"):
        key = path.stem
        path.write_text(f'{{"key": "{key}", "notes": 1, "facts": 2, "seconds": null}}')
    outcomes = course.verify("01-greeting")
    assert {outcome.state for outcome in outcomes} == {REMEMBERED}
    assert {outcome.notes for outcome in outcomes} == {()}


def test_an_environment_that_was_taken_away_is_made_again(course: SmallCourse) -> None:
    for path in (course.repository.state / "environments").glob("*/.course-ready"):
        path.unlink()
    course.edit("01-greeting", "README.md", "Notes", "My notes")
    passes(course)


def test_a_result_that_cannot_be_kept_loses_nothing_else(tmp_path: Path) -> None:
    store = Memory(Repository(tmp_path))
    (tmp_path / ".course" / "results" / "name.json").mkdir()
    store.put("name", {"facts": {}})
    assert store.problem.endswith("Is a directory")
    assert store.get("name") is None
    store.put("other", {"facts": {"é": "\udcff"}})
    assert store.get("other") == {"facts": {"é": "\udcff"}}
    assert sorted(os.listdir(tmp_path / ".course" / "results")) == ["name.json", "other.json"]


def test_a_key_depends_on_every_part_and_on_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        check_results.key("a"),
        check_results.key("a", "b"),
        check_results.key("ab"),
        check_results.key("a", "\udcff"),
    }
    assert len(names) == 4
    monkeypatch.setattr(check_results, "tool_hash", lambda: "another tool")
    assert check_results.key("a") not in names


def test_a_tool_without_its_programs_has_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_results, "_PROGRAMS", ("no-such-package",))
    assert check_results.tool_hash.__wrapped__() != check_results.tool_hash()


def test_one_failed_step_leaves_the_others_remembered(course: SmallCourse) -> None:
    course.edit("02-notes", "notes.py", ".title()", "")
    found = states(course.verify())
    assert found["02-notes", "test"] == FAILED
    assert found["01-greeting", "test"] == found["03-stars", "test"] == REMEMBERED
