"""`compare`, `hint`, `solve` and `take`: what helps on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.play.conftest import Learner

from course.errors import CourseError


@pytest.fixture
def begun(learner: Learner) -> Learner:
    """A learner who has begun from the first step."""
    learner.type("play", "1")
    return learner


# -- compare


def test_what_differs_is_named_and_shown_as_on_the_pages(begun: Learner) -> None:
    begun.write("notes.py", "FIELDS = ()\n")
    begun.write("own.py", "x = 1\n")
    said = begun.type("compare")
    assert "Yours and 02-notes differ in 6 files:" in said
    assert "notes.py  differs  +6 −1" in said
    assert "demo.py  missing in yours" in said and "own.py  in yours alone" in said
    assert "-FIELDS = ()" in said and '+FIELDS = ("id", "text")' in said
    assert "diff --git" not in begun.type("compare", "--stat")


def test_any_step_can_be_compared_with(begun: Learner) -> None:
    assert "Nothing: yours is 01-greeting." in begun.type("compare", "1")
    assert "migrations/002.sql  missing" in begun.type("compare", "stars", "--stat")


def test_a_file_that_the_step_takes_away_is_still_there(begun: Learner) -> None:
    begun.course.delete("02-notes", "lint.py")
    said = begun.type("compare", "--stat")
    assert "lint.py  still there in yours; the step takes it away" in said


def test_line_endings_of_windows_are_no_difference(begun: Learner) -> None:
    begun.type("solve")
    for path, content in begun.files().items():
        if not path.startswith(".") and b"\0" not in content:
            begun.write(path, content.replace(b"\n", b"\r\n"))
    assert "Nothing: yours is 02-notes." in begun.type("compare")
    begun.edit("notes.py", "text", "words")
    assert "notes.py  differs" in begun.type("compare")


def test_a_misnamed_file_is_told_by_its_name(begun: Learner) -> None:
    begun.type("solve")
    (begun.root / "notes.py").rename(begun.root / "nots.py")
    assert "notes.py  called nots.py in yours" in begun.type("compare", "--stat")


def test_generated_and_vendored_files_are_left_aside(begun: Learner) -> None:
    (begun.course.root / ".gitattributes").write_text("demo.py linguist-vendored\n")
    said = begun.type("compare")
    assert "left aside: demo.py   (course take PATH)" in said
    assert "diff --git a/demo.py" not in said


# -- hint


def test_the_page_is_followed_piece_by_piece(begun: Learner) -> None:
    said = begun.type("hint")
    assert "Next: make the file demo.py" in said
    assert "“What you will have” in docs/steps/notes.md" in said
    assert "it says    Not shown: it only makes something to look at" in said
    assert "0 of 5 pieces" in said
    begun.type("solve", "demo.py")
    said = begun.type("hint")
    assert "Next: make the file migrations/001.sql (lines: 1 to add)." in said
    assert "it says    First comes the table. It has two columns:" in said
    assert "1 of 5 pieces" in said
    begun.type("solve", "migrations", "migrate.py")
    assert "“The code › Titles”" in begun.type("hint")
    begun.type("solve")
    assert "Everything of docs/steps/notes.md is in your playground" in begun.type("hint")


def test_a_symbol_is_a_piece_of_its_own(learner: Learner) -> None:
    learner.type("play", "2")
    learner.type("solve", "migrations/002.sql")
    assert "edit notes.py, in FIELDS, docstring" in learner.type("hint")
    learner.edit("notes.py", '("id", "text")', '("id", "text", "stars")')
    learner.edit("notes.py", "in a database.", "in a database, with stars.")
    said = learner.type("hint")
    assert "edit notes.py, in starred" in said and "2 of 4 pieces" in said


def test_what_a_step_takes_away_is_a_thing_to_do(begun: Learner) -> None:
    begun.course.delete("02-notes", "lint.py")
    page = begun.course.root / "docs/steps/notes.md"
    page.write_text("# Notes\n\n## Away\n\n```diff-file\nlint.py\n```\n", encoding="utf-8")
    assert "Next: take lint.py away." in begun.type("hint")
    (begun.root / "lint.py").unlink()
    # The rest is on no page.
    said = begun.type("hint")
    assert "Next: make the file demo.py" in said and "read" not in said


def test_lines_that_are_to_go_are_a_thing_to_do(begun: Learner) -> None:
    begun.course.edit("02-notes", "greeting.py", '"""A greeting."""\n\n\n', "")
    page = begun.course.root / "docs/steps/notes.md"
    page.write_text("# Notes\n\n## Less\n\n```diff-file\ngreeting.py\n```\n", encoding="utf-8")
    assert "Next: edit greeting.py (lines: 3 to take away)." in begun.type("hint")
    begun.edit("greeting.py", '"""A greeting."""\n\n\n', "# mine\n")
    assert "greeting.py" not in begun.type("hint").splitlines()[0]


def test_a_misnamed_file_gets_its_name(begun: Learner) -> None:
    begun.type("solve")
    (begun.root / "notes.py").rename(begun.root / "nots.py")
    assert "Next: give nots.py its name: notes.py." in begun.type("hint")


def test_a_generated_file_is_to_be_made(begun: Learner) -> None:
    (begun.course.root / ".gitattributes").write_text("demo.py linguist-generated\n")
    page = begun.course.root / "docs/steps/notes.md"
    page.write_text("# Notes\n\n## Made\n\n```generated\n*\n```\n", encoding="utf-8")
    assert "regenerate demo.py as the page says, or: course take demo.py" in begun.type("hint")


def test_without_a_page_the_files_are_named(begun: Learner) -> None:
    (begun.course.root / "docs/steps/notes.md").unlink()
    assert "Next: make the file demo.py" in begun.type("hint")
    begun.type("solve")
    assert "Everything is in your playground" in begun.type("hint")


def test_a_page_with_faults_still_helps(begun: Learner) -> None:
    page = begun.course.root / "docs/steps/notes.md"
    faulty = "```diff-file\nnowhere.py\n```\n\n```diff-file\nnotes.py\nodd: key\n```\n"
    text = page.read_text(encoding="utf-8").replace("# Notes\n", f"# Notes\n\n{faulty}")
    page.write_text(text, encoding="utf-8")
    assert "Next: make the file demo.py" in begun.type("hint")


# -- solve


def test_one_file_is_solved_and_what_was_there_is_kept(begun: Learner) -> None:
    begun.write("notes.py", "mine\n")
    said = begun.type("solve", "notes.py")
    assert "~ notes.py  replaced" in said
    assert begun.read("notes.py") == begun.course.read("02-notes", "notes.py")
    assert "demo.py" not in begun.files()
    begun.type(*said.partition("course ")[2].split("\n")[0].split())
    assert begun.read("notes.py") == "mine\n"


def test_all_is_solved_but_what_is_the_learners_own_stays(begun: Learner) -> None:
    begun.course.delete("02-notes", "lint.py")
    begun.write("own.py", "mine\n")
    before = begun.files()
    said = begun.type("solve")
    assert "− lint.py  deleted" in said and "+ notes.py  new" in said
    assert begun.read("own.py") == "mine\n" and "lint.py" not in begun.files()
    assert "02-notes is done" in begun.type("check")
    name = said.partition("--restore ")[2].split()[0]
    begun.type("reset", "--restore", name)
    assert begun.files() == before


def test_a_file_that_was_edited_after_solving_is_not_taken_back(begun: Learner) -> None:
    begun.write("notes.py", "mine\n")
    name = begun.type("solve").partition("--restore ")[2].split()[0]
    begun.write("demo.py", "edited since\n")
    begun.type("reset", "--restore", name)
    assert begun.read("demo.py") == "edited since\n"
    assert begun.read("notes.py") == "mine\n" and "migrate.py" not in begun.files()


def test_solving_what_is_right_does_nothing(begun: Learner) -> None:
    begun.type("solve")
    assert "Nothing to do" in begun.type("solve")
    assert "= notes.py  same" in begun.type("solve", "notes.py")
    assert begun.type("reset", "--list").count("--restore") == 1


@pytest.mark.parametrize("name", ["nowhere.py", "../steps/01-greeting/greeting.py", "/etc/passwd"])
def test_a_file_that_the_step_does_not_have_is_refused(begun: Learner, name: str) -> None:
    assert isinstance(begun.result("solve", name).exception, CourseError)


def test_a_file_may_be_named_from_where_one_stands(
    begun: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "notes.py  new" in begun.type("solve", "playground/notes.py")
    assert "demo.py  new" in begun.type("solve", str(begun.root / "demo.py"))
    (begun.root / "migrations").mkdir()
    monkeypatch.chdir(begun.root / "migrations")
    assert "migrate.py  new" in begun.type("solve", "../migrate.py")
    begun.write("migrations/001.sql", "mine")
    assert "migrations/001.sql  replaced" in begun.type("solve", "001.sql")


@pytest.mark.parametrize("name", [".", "playground", "playground/"])
def test_the_folder_itself_means_all_of_it(begun: Learner, name: str) -> None:
    begun.type("solve", name)
    assert "Nothing to do" in begun.type("solve")


def test_a_file_without_a_name_is_refused(begun: Learner) -> None:
    error = begun.result("solve", "").exception
    assert isinstance(error, CourseError) and "no name" in error.problem


def test_an_empty_folder_is_no_obstacle(begun: Learner) -> None:
    (begun.root / "notes.py" / "inner").mkdir(parents=True)
    begun.type("solve", "notes.py")
    assert "titled" in begun.read("notes.py")


def test_a_folder_in_the_way_of_a_file_is_said(begun: Learner) -> None:
    begun.write("notes.py/inside.txt", "mine")
    error = begun.result("solve", "notes.py").exception
    assert isinstance(error, CourseError) and "inside.txt" in error.problem
    assert begun.read("notes.py/inside.txt") == "mine"


# -- take


@pytest.mark.parametrize("name", ["demo.py", "playground/demo.py", "./demo.py"])
def test_a_file_to_be_fetched_is_named_as_one_to_be_solved(begun: Learner, name: str) -> None:
    begun.type("take", name)
    assert begun.read("demo.py") == begun.course.read("02-notes", "demo.py")


def test_what_a_program_made_is_fetched_into_the_playground(begun: Learner) -> None:
    (begun.course.root / ".gitattributes").write_text("demo.py linguist-generated\n")
    begun.write("demo.py", "mine\n")
    said = begun.type("take")
    assert "~ demo.py  replaced" in said and "course reset --restore" in said
    assert begun.read("demo.py") == begun.course.read("02-notes", "demo.py")


def test_a_path_alone_is_of_the_next_step_and_a_step_may_be_named(
    begun: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(begun.root)
    begun.type("take", "notes.py")
    assert begun.read("notes.py") == begun.course.read("02-notes", "notes.py")
    begun.type("take", "stars", "notes.py")
    assert begun.read("notes.py") == begun.course.read("03-stars", "notes.py")


def test_nothing_to_take_is_said(begun: Learner, tmp_path: Path) -> None:
    assert "no generated or vendored" in str(begun.result("take").exception)
    assert "no file nowhere" in str(begun.result("take", "nowhere").exception)


def test_without_a_playground_nothing_is_written_into_the_course(learner: Learner) -> None:
    error = learner.result("take", "2", "notes.py").exception
    assert isinstance(error, CourseError) and "--to" in error.remedy
    assert learner.course.git("status", "--short") == ""


def test_outside_the_course_the_current_folder_is_meant(
    begun: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    begun.type("take", "2", "notes.py", "--course", str(begun.course.root))
    assert (elsewhere / "notes.py").is_file()
    assert "STEP" in begun.type("take", "--course", str(begun.course.root), code=2)
