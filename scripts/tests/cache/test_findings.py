"""What was found out about a course is believed as long as nothing changed, and no longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course.cache import findings
from course.cache.findings import Kept, Known

MODULE = "course.names"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallCourse:
    """A small course, away from CI."""
    monkeypatch.delenv("CI", raising=False)
    return small_course.make(tmp_path, steps=1, final=False)


def of(course: SmallCourse, **words: object) -> Known:
    """What is known of a course, read again."""
    return Known(course.chain, "try", MODULE, **words)  # type: ignore[arg-type]


def test_what_was_found_out_is_known(course: SmallCourse) -> None:
    assert of(course).get() is None
    of(course).put({"found": 3})
    assert of(course).get() == {"found": 3}
    # Of something else, nothing is known.
    assert Known(course.chain, "other", MODULE).get() is None
    assert Known(course.chain, "try", "course.reach").get() is None
    assert of(course, parts="another").get() is None
    assert of(course, fresh=True).get() is None


def _file(course: SmallCourse) -> None:
    course.write("01-greeting", "more.txt", "")


def _mode(course: SmallCourse) -> None:
    (course.root / "steps/01-greeting/greeting.py").chmod(0o755)


def _catalogue(course: SmallCourse) -> None:
    course.set("01-greeting", timeout=7)


def _page(course: SmallCourse) -> None:
    (course.root / "page.md").write_text("# Page\n")


def _ignored_but_known(course: SmallCourse) -> None:
    (course.root / "kept.log").write_text("other text\n")


@pytest.mark.parametrize("change", [_file, _mode, _catalogue, _page, _ignored_but_known])
def test_after_a_change_of_a_file_nothing_is_known(
    course: SmallCourse, change: Callable[[SmallCourse], None]
) -> None:
    (course.root / "kept.log").write_text("text\n")
    course.commit()
    (course.root / ".gitignore").write_text("/.course/\n*.log\n")
    of(course).put({})
    assert of(course).get() == {}
    (course.root / "new.log").write_text("ignored\n")
    assert of(course).get() == {}
    change(course)
    assert of(course).get() is None


def test_another_tool_or_machine_knows_nothing(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(course).put({})
    for target, value in (
        ("course.cache.code_version.version", "another"),
        ("course.cache.run_once.machine", "another"),
        ("importlib.metadata.distributions", []),
        ("COURSE_SITE_URL", ""),
        ("CI", ""),
    ):
        with monkeypatch.context() as context:
            if "." in target:
                context.setattr(target, lambda *words, value=value: value)
            else:
                context.setenv(target, "true")
            assert of(course).get() is None, target
        assert of(course).get() == {}


def test_what_changes_meanwhile_is_not_kept(course: SmallCourse) -> None:
    found = of(course)
    _file(course)
    found.put({})
    assert of(course).get() is None
    assert not list(course.repository.results_folder("known").iterdir())


def test_a_file_that_names_all_is_believed_in_ci_too_unless_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    file = tmp_path / "key.json"
    Kept(file).put({"found": 3})
    assert Kept(file).get() == {"found": 3}
    assert Kept(file, fresh=True).get() is None
    file.write_text("{")
    assert Kept(file).get() is None


def test_what_cannot_be_read_is_not_known(course: SmallCourse) -> None:
    of(course).put({})
    [file] = course.repository.results_folder("known").iterdir()
    for text in ("no JSON", json.dumps([1])):
        file.write_text(text)
        assert of(course).get() is None


def test_where_git_sees_no_files_nothing_is_known(course: SmallCourse) -> None:
    inner = course.root / "inner"
    inner.mkdir()
    (inner / "file").write_text("text")
    course.git("init", "-q", "inner")
    course.git("-C", "inner", "add", "file")
    course.git("-C", "inner", "commit", "-q", "-m", "inner")
    found = of(course)
    found.put({})
    assert found.get() is None


def test_a_stamp_tells_whether_something_was_written(tmp_path: Path) -> None:
    assert findings.stamp(tmp_path / "none") == ""
    (tmp_path / "empty").mkdir()
    assert findings.stamp(tmp_path / "empty") == ""
    file = tmp_path / "folder/in/file"
    file.parent.mkdir(parents=True)
    file.write_text("text")
    whole, alone = findings.stamp(tmp_path / "folder"), findings.stamp(file)
    assert findings.stamp(tmp_path / "folder") == whole != alone == findings.stamp(file)
    file.write_text("more text")
    assert findings.stamp(tmp_path / "folder") != whole and findings.stamp(file) != alone
