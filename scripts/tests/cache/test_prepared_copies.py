"""What prepares a copy runs once: what it left is kept by all that it depends on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests import small_course
from tests.verify.helpers import passes

from course import workspace
from course.cache import prepared_copies
from course.repository import Repository
from course.services import contents


class Copies:
    """Copies of one snapshot, and how often commands prepared one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0
        self.repository = Repository(folder)

    def prepared(self, name: str, key: str = "key", *, believe: bool = True) -> Path:
        """Return a copy that was prepared."""
        copy = self.folder / "copies" / name / "project"
        copy.mkdir(parents=True)
        (copy / "app.py").write_text("0")
        workspace.make_repository(copy)
        (copy / ".env").write_text(name)

        def run() -> None:
            self.runs += 1
            (copy / "media" / "deep").mkdir(parents=True)
            (copy / "media" / "deep" / "one.png").write_bytes(b"1")
            (copy / "__pycache__").mkdir()
            (copy / "__pycache__" / "app.pyc").write_bytes(b"1")
            (copy / "db").write_text(name)
            (copy / "link").symlink_to("db")

        runs = self.runs
        taken = prepared_copies.prepare(self.repository, key, copy, {}, run, believe=believe)
        assert taken == (runs == self.runs)
        return copy


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    """Copies below a folder of the test's own."""
    return Copies(tmp_path)


def test_the_second_copy_has_what_the_commands_left_in_the_first(copies: Copies) -> None:
    copies.prepared("one")
    copy = copies.prepared("two")
    assert copies.runs == 1
    assert (copy / "media" / "deep" / "one.png").read_bytes() == b"1"
    assert (copy / "db").read_text() == "one" and os.readlink(copy / "link") == "db"
    # What was there before is the copy's own, and bytecode is useless elsewhere.
    assert (copy / ".env").read_text() == "two"
    assert not (copy / "__pycache__").exists()


def test_another_key_and_disbelief_run_the_commands(copies: Copies) -> None:
    copies.prepared("one")
    assert (copies.prepared("two", "other") / "db").read_text() == "two"
    assert (copies.prepared("three", believe=False) / "db").read_text() == "three"
    assert (copies.prepared("four") / "db").read_text() == "three"
    assert copies.runs == 3


def test_commands_that_change_the_snapshot_itself_are_run_each_time(copies: Copies) -> None:
    copy = copies.prepared("one", "other")
    (copy / "app.py").write_text("1")
    for _ in range(2):
        assert not prepared_copies.prepare(copies.repository, "key", copy, {}, lambda: None)


@pytest.mark.parametrize("broken", ["full", "refused"])
def test_what_cannot_be_kept_costs_time_and_no_more(
    copies: Copies, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def copy2(*_: object, **__: object) -> None:
        raise OSError

    if broken == "full":
        monkeypatch.setattr(shutil, "copy2", copy2)
    else:
        monkeypatch.setattr(contents, "keep", lambda *_: False)
    for name in ("one", "two"):
        copies.prepared(name)
    assert copies.runs == 2
    assert not list((copies.repository.state / "prepared").iterdir())


def test_only_the_last_are_kept(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared_copies, "_MOST", 2)
    for number in range(4):
        copies.prepared(str(number), f"key-{number}")
        os.utime(copies.repository.state / "prepared" / f"key-{number}", (number, number))
    kept = {path.name for path in (copies.repository.state / "prepared").iterdir()}
    assert "key-3" in kept and len(kept) <= 3


def test_an_upgrade_begins_with_what_the_check_of_the_step_before_made(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, only=["test", "migrate", "demo"], final=False)
    passes(course, "02-notes", "03-stars")
    said = (course.repository.state / "logs" / "03-stars" / "upgrade.log").read_text()
    assert "$ python demo.py\n(kept of an earlier run)\n" in said
    assert "applied 002.sql" in said
