"""A playground is begun, begun again and brought back, and nothing of the learner's is lost."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from tests.play.conftest import Learner

from course import git, journal
from course.errors import CourseError
from course.play import file_changes, progress as progress_of


def restore_command(said: str) -> list[str]:
    """Return the words of the command that a message names."""
    line = next(line for line in said.splitlines() if "course reset --restore" in line)
    return line.partition("course ")[2].split()


def test_a_playground_begins_with_the_files_of_the_step_and_says_what_is_next(
    learner: Learner,
) -> None:
    said = learner.type("play", "1")
    assert "You have 01-greeting; the next is 02-notes: Notes." in said
    assert "docs/steps/notes.md" in said and "course check" in said
    assert learner.files() == {
        path: (learner.course.folder("01-greeting") / path).read_bytes() for path in learner.files()
    }
    assert "greeting.py" in learner.files()


def test_it_is_a_git_repository_of_its_own_that_the_course_ignores(learner: Learner) -> None:
    learner.type("play", "1")
    assert git.run(["status", "--short"], cwd=learner.root).stdout == b""
    log = git.run(["log", "--format=%s"], cwd=learner.root).stdout
    assert log == b"Begin from 01-greeting\n"
    assert learner.course.git("status", "--short") == ""


def test_its_environment_configuration_and_database_are_ready(learner: Learner) -> None:
    learner.course.set("02-notes", env="python -c \"open('configured', 'w').write('once')\"")
    learner.type("play", "2")
    assert (learner.root / ".venv" / "pyvenv.cfg").is_file()
    assert learner.read("configured") == "once"
    assert (learner.root / "notes.sqlite3").is_file()


def test_it_can_begin_with_nothing(learner: Learner) -> None:
    said = learner.type("play", "nothing")
    assert "You have an empty folder; the next is 01-greeting" in said
    assert learner.files() == {}
    assert not (learner.root / ".venv").exists()


def test_without_a_step_the_first_one_is_to_be_done_and_later_it_only_tells(
    learner: Learner,
) -> None:
    assert "the next is 01-greeting" in learner.type("play")
    learner.write("mine.py", "mine\n")
    assert "the next is 01-greeting" in learner.type("play")
    assert learner.read("mine.py") == "mine\n"


def test_without_a_step_and_without_the_folder_it_begins_where_the_learner_was(
    learner: Learner,
) -> None:
    learner.type("play", "2")
    shutil.rmtree(learner.root)
    assert "You have 02-notes" in learner.type("play")
    assert "notes.py" in learner.files()


def test_the_last_step_has_nothing_after_it(learner: Learner) -> None:
    assert "the last step" in learner.type("play", "3")
    assert "final" not in learner.type("progress")
    for verb in ("check", "hint", "compare", "solve"):
        assert "nothing is left to do" in str(learner.result(verb).exception)


def test_a_playground_that_is_there_is_kept_whole_and_comes_back(learner: Learner) -> None:
    learner.type("play", "1")
    learner.write("greeting.py", "mine\n")
    learner.write("deep/own.txt", "own\n")
    (learner.root / ".gitignore").write_text("secret\n")
    learner.write("secret", "nobody else has this\n")
    git.run(["add", "-A"], cwd=learner.root)
    git.run(["commit", "-q", "-m", "My work"], cwd=learner.root)
    before = learner.files()
    said = learner.type("play", "2")
    assert "kept as a backup" in said
    assert "secret" not in learner.files() and "notes.py" in learner.files()
    back = learner.type(*restore_command(said))
    assert learner.files() == before
    assert b"My work" in git.run(["log", "--format=%s"], cwd=learner.root).stdout
    assert "You have 01-greeting" in back
    # What the restoring replaced is a backup again.
    learner.type(*restore_command(back))
    assert "notes.py" in learner.files()


def test_the_folder_itself_stays_and_so_does_a_terminal_that_stands_in_it(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.type("play", "1")
    monkeypatch.chdir(learner.root)
    number = os.stat(".").st_ino
    learner.type("play", "2")
    assert os.stat(".").st_ino == number
    assert Path("notes.py").is_file()
    assert "You have 02-notes" in learner.type("progress")


def test_reset_begins_the_step_again(learner: Learner) -> None:
    learner.type("play", "2")
    learner.write("notes.py", "broken(\n")
    learner.write("mine.txt", "mine\n")
    said = learner.type("reset")
    assert learner.read("notes.py") == learner.course.read("02-notes", "notes.py")
    assert "mine.txt" not in learner.files()
    learner.type(*restore_command(said))
    assert learner.read("notes.py") == "broken(\n" and learner.read("mine.txt") == "mine\n"


def test_backups_are_listed_with_what_brings_them_back(learner: Learner) -> None:
    assert "no backup yet" in learner.type("reset", "--list")
    learner.type("play", "2")
    learner.type("solve")
    learner.type("reset")
    listed = learner.type("reset", "--list")
    assert listed.count("course reset --restore") == 2
    assert "all of it" in listed and "1 file" in listed


@pytest.mark.parametrize("name", ["yesterday", "../../steps", "", "."])
def test_a_backup_that_is_not_there_is_refused_with_those_there_are(
    learner: Learner, name: str
) -> None:
    learner.type("play", "1")
    with pytest.raises(CourseError, match="no backup"):
        file_changes.restore(learner.course.chain, name)


def test_a_folder_that_is_no_backup_of_the_playground_is_none(learner: Learner) -> None:
    home = learner.course.root / ".course" / "backups" / "of-something-else"
    home.mkdir(parents=True)
    (home / "backup.json").write_text('{"verb": 1, "made": []}')
    assert file_changes.backups(learner.course.repository) == []


def test_a_backup_of_another_step_comes_back_with_a_word_about_it(learner: Learner) -> None:
    learner.type("play", "1")
    learner.write("greeting.py", "mine = 1\n")
    learner.type("solve")
    name = next((learner.course.root / ".course/backups").iterdir()).name
    assert f"{name}  1 file, 5 files new, when you had greeting" in learner.type("reset", "--list")
    assert "may not fit" not in learner.type("reset", "--restore", name)
    learner.type("play", "2")
    said = learner.type("reset", "--restore", name)
    assert "made when you had greeting; now you have notes: its files may not fit" in said
    assert learner.read("greeting.py") == "mine = 1\n"


def test_an_empty_name_is_no_backup(learner: Learner) -> None:
    learner.type("play", "2")
    learner.write("mine.py", "x = 1\n")
    error = learner.result("reset", "--restore", "").exception
    assert isinstance(error, CourseError) and "no backup ''" in error.problem
    assert learner.read("mine.py") == "x = 1\n"


@pytest.mark.parametrize("words", [("play", "1"), ("reset",), ("solve",), ("take", "demo.py")])
def test_a_playground_that_is_being_filled_is_left_alone(
    learner: Learner, words: tuple[str, ...]
) -> None:
    learner.type("play", "2")
    before = learner.files()
    with FileLock(learner.course.root / ".course" / "playground" / "fill.lock"):
        error = learner.result(*words).exception
    assert isinstance(error, CourseError) and "is filling playground/" in error.problem
    assert learner.files() == before


def test_what_is_finished_is_told_without_the_folder_too(learner: Learner) -> None:
    learner.type("play", "1")
    learner.type("solve")
    learner.type("check")
    learner.root.rename(learner.course.root / ".course" / "elsewhere")
    said = learner.type("progress")
    assert "✓ 02-notes" in said and "1 of 3 steps finished" in said
    assert "There is no playground/. To begin it from 02-notes: course play" in said


def test_a_playground_on_another_disk_is_refused_before_anything_is_written(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.type("play", "1")
    before = learner.files()
    monkeypatch.setattr(journal, "_disk", lambda path: int("playground" in path.parts))
    for words in (("solve",), ("reset",)):
        error = learner.result(*words).exception
        assert isinstance(error, CourseError) and "playground lies on another disk" in error.problem
        assert "on one disk" in error.remedy
    assert learner.files() == before
    assert not (learner.course.root / ".course" / "backups").exists()


def test_no_playground_is_said_with_the_command_that_makes_one(learner: Learner) -> None:
    for verb in ("check", "hint", "compare", "solve", "reset", "progress"):
        error = learner.result(verb).exception
        assert isinstance(error, CourseError) and "course play" in error.remedy


def test_a_step_that_is_not_there_is_said(learner: Learner) -> None:
    assert "There is no step" in str(learner.result("play", "nowhere").exception)


def test_a_snapshot_that_is_gone_is_said(learner: Learner) -> None:
    shutil.rmtree(learner.course.folder("02-notes"))
    assert "missing or empty" in str(learner.result("play", "2").exception)


def test_a_file_where_the_playground_is_to_be_is_left_alone(learner: Learner) -> None:
    learner.root.write_text("mine")
    assert "is not a folder" in str(learner.result("play", "1").exception)
    assert learner.root.read_text() == "mine"


def test_where_the_learner_is_cannot_be_read(learner: Learner) -> None:
    learner.type("play", "1")
    file = learner.course.root / progress_of.FILE
    for damaged in ("{", "[]", '{"begun": 1}', json.dumps({"begun": "", "tree": "", "aim": ""})):
        file.write_text(damaged)
        error = learner.result("progress").exception
        assert isinstance(error, CourseError) and "course play STEP" in error.remedy
        assert "cannot be read" in (listed := learner.type("list")) and "02-notes" in listed
    said = learner.type("play", "1")
    name = restore_command(said)[-1]
    kept = learner.course.root / ".course/backups" / name / "progress.json"
    assert kept.read_text() == damaged
    # The files come back also without it.
    learner.type("reset", "--restore", name)


def test_a_command_that_fails_in_a_new_playground_is_named(learner: Learner) -> None:
    learner.course.set("02-notes", env="python -c 'raise SystemExit(\"no luck\")'")
    error = learner.result("play", "2").exception
    assert isinstance(error, CourseError)
    assert "no luck" in error.problem and "begin.log; then: course reset" in error.remedy
    learner.course.set("02-notes", env="no-such-program")
    assert "no program no-such-program" in str(learner.result("play", "2").exception)


def test_where_one_is_survives_a_step_that_is_inserted(learner: Learner) -> None:
    learner.type("play", "2")
    learner.write("mine.txt", "mine\n")
    learner.course.run("new", "--after", "greeting", "between", "--title", "B", "--summary", "S.")
    said = learner.type("progress")
    assert "You have 03-notes; the next is 04-stars" in said
    assert learner.read("mine.txt") == "mine\n"


def test_a_step_that_was_renamed_is_known_by_its_content(learner: Learner) -> None:
    learner.type("play", "2")
    learner.course.run("rename", "notes", "jottings")
    assert "You have 02-jottings" in learner.type("progress")


def test_a_step_that_is_gone_is_said(learner: Learner) -> None:
    learner.type("play", "2")
    learner.course.write("02-notes", "notes.py", "other = 1\n")
    learner.course.run("rename", "notes", "jottings")
    error = learner.result("progress").exception
    assert isinstance(error, CourseError) and "'notes'" in error.problem
    assert "02-jottings" in learner.type("list")


def test_a_change_of_the_course_is_told(learner: Learner) -> None:
    learner.type("play", "2")
    assert "changed since" not in learner.type("progress")
    learner.course.write("02-notes", "README.md", "# Other\n")
    learner.course.write("03-stars", "README.md", "# Other\n")
    learner.course.renew_copy()
    learner.course.commit()
    said = learner.type("compare", "--stat")
    assert "02-notes changed since you started it: README.md" in said
    assert "03-stars changed since you started it: README.md" in said
    assert "changed since" in learner.type("reset")
    assert "changed since" not in learner.type("progress")


def test_the_step_as_it_was_is_kept_in_the_playgrounds_own_git(learner: Learner) -> None:
    # Committed nowhere, so that only the playground has it in the end.
    learner.course.write("02-notes", "README.md", "# First\n")
    learner.type("play", "2")
    learner.course.write("02-notes", "README.md", "# Other\n")
    shutil.rmtree(learner.course.root / ".course" / "store.git")
    said = learner.type("progress")
    assert "02-notes changed since you started it: README.md" in said
