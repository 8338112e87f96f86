"""`check` runs the next step's tests on a copy, and names the mistake in one screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock
from tests.play.conftest import Learner

from course.errors import CourseError
from course.play import diagnosis
from course.play.diagnosis import Difference, Mistake
from course.play.next_step_tests import Trial

SCREEN = 24


@pytest.fixture
def solved(learner: Learner) -> Learner:
    """A learner who has begun from the first step and done the second, but never checked."""
    learner.type("play", "1")
    learner.type("solve")
    return learner


def failing(learner: Learner) -> str:
    """Return what `check` says of a playground that is not right."""
    before = learner.files()
    said = learner.type("check", code=1)
    assert learner.files() == before
    assert sum(max(1, -(-len(line) // 80)) for line in said.splitlines()) < SCREEN
    assert "not yet" in said and ("course hint" in said or "course verify" in said)
    return said


def test_a_finished_step_moves_the_progress_on_and_names_the_next(solved: Learner) -> None:
    before = solved.files()
    said = solved.type("check")
    assert "02-notes is done: all of its 2 tests pass." in said
    assert "You have 02-notes; the next is 03-stars: Stars." in said
    assert "docs/steps/stars.md" in said
    assert solved.files() == before
    told = solved.type("progress")
    assert "✓ 02-notes" in told and "→ 03-stars" in told and "1 of 3 steps finished" in told
    listed = solved.type("list").splitlines()
    assert [line[0] for line in listed if "-" in line] == [" ", "✓", "→"]
    solved.type("solve")
    assert "the last step" in solved.type("check")
    assert "2 of 3 steps finished" in solved.type("progress")


def test_the_step_after_nothing_is_the_first(learner: Learner) -> None:
    learner.type("play", "nothing")
    assert "is missing" in failing(learner)
    learner.type("solve")
    assert "01-greeting is done" in learner.type("check")


def test_what_differs_without_harm_is_only_noted(solved: Learner) -> None:
    solved.write("README.md", "# Mine\n")
    solved.write("own.py", "x = 1\n")
    said = solved.type("check")
    assert "differs from the step in README.md" in said and "own.py" not in said
    assert "course compare 02" in said


def test_the_learners_own_tests_do_not_count(solved: Learner) -> None:
    solved.write("tests/test_notes.py", "broken(\n")
    solved.write("tests/test_mine.py", "import nothing_at_all\n")
    assert "02-notes is done" in solved.type("check")


def test_a_syntax_error_is_named_with_its_line_and_no_test_is_run(solved: Learner) -> None:
    solved.edit("notes.py", "def titled(text):", "def titled(text)")
    said = failing(solved)
    assert "notes.py, line 5" in said and "SyntaxError: expected ':'" in said
    assert "def titled(text)" in said and "no test was run" in said
    assert "“The code › Titles” in docs/steps/notes.md" in said


def test_a_file_of_the_learners_own_need_not_be_readable(solved: Learner) -> None:
    solved.write(".editor/settings.json", '{"a": 1, // mine\n}')
    solved.write("scratch.txt", b"\xff\xfe")
    solved.course.set_all(check=[])
    solved.write("scratch.py", "def half(\n")
    assert "02-notes is done" in solved.type("check")


def test_a_file_of_the_learners_own_that_is_used_must_be_readable(solved: Learner) -> None:
    solved.course.set_all(check=[])
    solved.write("scratch.py", "def half(\n")
    solved.edit("notes.py", "FIELDS", "import scratch\n\nFIELDS")
    said = failing(solved)
    assert "SyntaxError" in said and "scratch.py" in said
    assert "course solve scratch.py" not in said


def test_a_playground_that_is_begun_anew_meanwhile_stays_where_it_is(
    solved: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    explain = diagnosis.explain

    def late(difference: Difference, trial: Trial) -> list[Mistake]:
        solved.type("play", "nothing")
        return explain(difference, trial)

    monkeypatch.setattr(diagnosis, "explain", late)
    said = solved.type("check")
    assert "02-notes is done" in said and "playground/ was begun again" in said
    assert "the next is 01-greeting" in said
    told = solved.type("progress")
    assert "✓ 02-notes" in told and "the next is 01-greeting" in told


@pytest.mark.parametrize(
    "content, said",
    [
        ("<<<<<<< mine\nx = 1\n", "a mark of git's is left"),
        (b"x = '\xff'\n", "not UTF-8"),
        ("x = '\0'\n", "null bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    solved: Learner, content: str | bytes, said: str
) -> None:
    solved.write("notes.py", content)
    found = failing(solved)
    assert "1  notes.py" in found and said in found


def test_a_missing_file_is_named(solved: Learner) -> None:
    (solved.root / "notes.py").unlink()
    said = failing(solved)
    assert "1  notes.py is missing" in said
    assert "No module named 'notes'" in said
    assert "are titled (tests/test_notes.py)" in said


def test_a_file_with_a_misspelt_name_is_named(solved: Learner) -> None:
    (solved.root / "notes.py").rename(solved.root / "note.py")
    assert "notes.py is called note.py in yours" in failing(solved)


def test_what_was_expected_and_what_happened_is_said(solved: Learner) -> None:
    solved.edit("notes.py", ".title()", ".upper()")
    said = failing(solved)
    assert "1  notes.py, line 6 (titled)" in said
    assert "expected    'Bread'" in said and "happened    'BREAD'" in said
    assert "1 of 2 tests fail" in said
    assert "read again  “The code › Titles” in docs/steps/notes.md" in said
    assert "course solve notes.py" in said


def test_of_two_files_that_differ_the_one_is_named_that_the_failure_points_to(
    solved: Learner,
) -> None:
    for path in ("migrate.py", "demo.py", "README.md", "greeting.py"):
        solved.write(path, solved.read(path) + "mine = 1\n")
    solved.edit("notes.py", ".title()", ".upper()")
    said = failing(solved)
    assert "1  notes.py" in said and "or it is in" in said


def test_a_file_that_has_all_of_the_steps_lines_and_some_more_is_suspected_last(
    solved: Learner,
) -> None:
    solved.write(
        "migrations/001.sql", solved.read("migrations/001.sql") + "-- breads test_are_titled\n"
    )
    solved.write("check.py", solved.read("check.py") + "mine = 1\n")
    solved.edit("notes.py", "text.strip().title()", "text.strip()")
    said = failing(solved)
    assert "1  notes.py" in said and "or it is in" in said and "migrations/001.sql" in said


def test_the_file_is_suspected_that_bears_the_name_of_its_tests(solved: Learner) -> None:
    solved.edit("check.py", "import sys", "import sys\n\nassertEqual = test_are_titled = 1")
    solved.edit("notes.py", "text.strip().title()", "text.strip()")
    said = failing(solved)
    assert "1  notes.py" in said and "or it is in" in said and "check.py" in said


def test_a_file_that_is_missing_is_suspected_before_those_that_differ(solved: Learner) -> None:
    solved.course.write("02-notes", "words.txt", "bread\n")
    solved.course.edit(
        "02-notes",
        "tests/test_notes.py",
        'self.assertEqual(notes.titled(" bread "), "Bread")',
        'self.assertTrue(list(__import__("pathlib").Path().glob("wor*")))',
    )
    solved.edit("check.py", "import sys", "import sys\n\nmine = 1")
    said = failing(solved)
    assert "1  words.txt is missing" in said and "or it is in" in said and "check.py" in said


def test_what_says_the_same_or_no_test_reads_is_never_suspected(solved: Learner) -> None:
    solved.course.write("02-notes", "options.yml", "# Why\nname: bread\n")
    solved.write("options.yml", "# Because\nname: bread\n")
    solved.write("check.py", solved.read("check.py") + "# mine: test_are_titled\n")
    solved.course.write("02-notes", "looks.css", "p {}\n")
    solved.write("looks.css", "test_are_titled {}\n")
    solved.edit("notes.py", "text.strip().title()", "text.strip()")
    said = failing(solved)
    assert "1  notes.py" in said and "or it is in looks.css\n" in said
    unread = [{"checks": ["test"], "paths": ["looks.css"]}]
    test_files = "python -m unittest --verbose {files}"
    solved.course.set("02-notes", unread=unread, test_files=test_files)
    said = failing(solved)
    assert "1  notes.py" in said and "or it is in" not in said


def test_an_indentation_is_more_than_layout(solved: Learner) -> None:
    solved.course.write("02-notes", "options.yml", "a:\n  b: 1\n")
    solved.write("options.yml", "a:\nb: 1\n")
    solved.edit("notes.py", "text.strip().title()", "text.strip()")
    said = failing(solved)
    assert "1  notes.py" in said and "or it is in options.yml\n" in said


def test_a_mistake_in_a_file_of_an_earlier_step_is_named(solved: Learner) -> None:
    solved.type("check")
    solved.type("solve")
    solved.edit("greeting.py", "Hello", "Good day")
    said = failing(solved)
    assert "1  greeting.py, line 5 (greet)" in said


def test_a_page_of_an_earlier_step_is_found(solved: Learner) -> None:
    solved.type("check")
    solved.type("solve")
    solved.edit("notes.py", "return titled(text) + ", "return ")
    assert "“Show them” in docs/steps/stars.md" in failing(solved)


def test_another_command_of_the_step_decides_too(solved: Learner) -> None:
    solved.write("migrations/001.sql", "CREATE TABLE note (id INTEGER PRIMARY KEY);\n")
    said = failing(solved)
    assert "02-notes: not yet. `python check.py` fails." in said
    assert "no migration makes the column 'text'" in said
    assert "1  migrations/001.sql, line 1" in said
    assert "“The table” in docs/steps/notes.md" in said


def test_the_catalogue_says_what_a_failure_means_and_where_to_look(solved: Learner) -> None:
    solved.course.tables["mistake"] = [
        {
            "pattern": r"makes the column '(?P<name>\w+)'",
            "says": "Write {name} into the migration.",
            "look": ["migrations/*.sql"],
        }
    ]
    solved.course.save()
    solved.write("migrations/001.sql", "CREATE TABLE note (id INTEGER PRIMARY KEY);\n")
    solved.write("notes.py", solved.read("notes.py") + "# the column text\n")
    said = failing(solved)
    assert "1  migrations/001.sql" in said
    assert "means       Write text into the migration." in said


def test_the_catalogue_tells_failures_apart_by_what_else_was_said(solved: Learner) -> None:
    pattern = "makes the column"
    solved.course.tables["mistake"] = [
        {"pattern": pattern, "beside": "Traceback", "says": "A program broke."},
        {
            "pattern": pattern,
            "beside": "^error: no migration",
            "says": "A column has no migration.",
        },
        {"pattern": pattern, "says": "It may be anything."},
    ]
    solved.course.save()
    solved.write("migrations/001.sql", "CREATE TABLE note (id INTEGER PRIMARY KEY);\n")
    assert "means       A column has no migration." in failing(solved)


def test_a_generated_file_that_was_forgotten_is_named(learner: Learner) -> None:
    course = learner.course
    (course.root / ".gitattributes").write_text("*.lock linguist-generated\n")
    for link, text in (("01-greeting", "1\n"), ("02-notes", "2\n"), ("03-stars", "2\n")):
        course.write(link, "made.lock", text)
    course.renew_copy()
    course.commit()
    learner.type("play", "1")
    learner.type("solve")
    learner.write("made.lock", "1\n")
    said = failing(learner)
    assert "made.lock was forgotten" in said and "course take made.lock" in said
    assert "it is still that of 01-greeting" in said
    (learner.root / "made.lock").unlink()
    assert "happened    missing" in failing(learner)
    # One of the learner's own making will do.
    learner.write("made.lock", "mine\n")
    assert "02-notes is done" in learner.type("check")


def test_the_proof_of_a_step_decides_where_tests_cannot(solved: Learner) -> None:
    solved.course.set("02-notes", proof="python lint.py")
    solved.write("notes.py", solved.read("notes.py") + f"x = 1  # {'long ' * 20}\n")
    said = failing(solved)
    assert "`python lint.py`" in said and "E501" in said and "1  notes.py" in said


def test_what_a_linter_finds_fault_with_may_say_the_same(solved: Learner) -> None:
    solved.course.set("02-notes", proof="python lint.py")
    solved.write("notes.py", solved.read("notes.py") + f"# {'long ' * 20}\n")
    said = failing(solved)
    assert "`python lint.py`" in said and "E501" in said and "1  notes.py" in said


def test_a_configuration_that_fails_is_a_mistake(solved: Learner) -> None:
    solved.course.set("02-notes", env="python migrate.py")
    solved.write("migrate.py", "import notes\nraise ValueError('no settings')\n")
    said = failing(solved)
    assert "1  migrate.py, line 2" in said and "ValueError: no settings" in said


def test_tests_that_cannot_begin_are_a_mistake(solved: Learner) -> None:
    solved.course.set("02-notes", check=[], test="python run.py")
    solved.course.write("02-notes", "run.py", "import notes\nprint('nothing to run')\n")
    solved.type("solve")
    assert "no test ran" in failing(solved)
    solved.edit("run.py", "import notes", "import nowhere")
    said = failing(solved)
    assert "1  run.py, line 1" in said and "No module named 'nowhere'" in said
    solved.course.set("02-notes", test="no-such-program")
    assert "no program no-such-program" in failing(solved)
    solved.course.set("02-notes", env="no-such-program")
    assert "`no-such-program`" in failing(solved)


def test_tests_that_do_not_end_are_a_mistake(solved: Learner) -> None:
    solved.course.set("02-notes", timeout=1, check=[])
    solved.edit("notes.py", "return", "while True: pass\n    return")
    said = failing(solved)
    assert "did not end within 1 s" in said and "notes.py" in said
    assert "catalogue" not in said


def test_a_test_command_that_complains_of_other_things_is_only_noted(solved: Learner) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]]); sys.exit(3)"
    solved.course.set("02-notes", test=f'python -c "{code}" -m unittest discover -v -s tests -t .')
    said = solved.type("check")
    assert "02-notes is done" in said and "note: " in said and "ended with code 3" in said


def test_a_failure_without_a_differing_file_is_the_courses_own(solved: Learner) -> None:
    solved.course.set("02-notes", check="python -c 'raise SystemExit(\"of itself\")'")
    said = solved.type("check", code=1)
    assert "no file of yours is to blame" in said and "course verify 02" in said


def test_check_commands_run_only_where_something_differs_that_they_read(solved: Learner) -> None:
    refuse = "python -c 'raise SystemExit(\"of itself\")'"
    unread = [{"checks": ["check"], "paths": ["words.txt"]}]
    solved.course.set("02-notes", check=refuse, unread=unread)
    solved.write("words.txt", "other\n")
    finished = solved.read("notes.py")
    solved.write("notes.py", finished + "\n")
    assert "of itself" in solved.type("check", code=1)
    solved.write("notes.py", finished)
    assert "02-notes is done" in solved.type("check")


def test_a_check_that_another_implies_runs_only_where_that_fails(
    solved: Learner, tmp_path: Path
) -> None:
    judge, noted = tmp_path / "judge.py", tmp_path / "noted"
    judge.write_text(
        "import pathlib, runpy, sys\n"
        f"with pathlib.Path({str(noted)!r}).open('a') as file:\n"
        "    print(sys.argv[1], file=file)\n"
        "runpy.run_path('notes.py')\n"
    )
    weak, strong, last = (f"python {judge} {name}" for name in ("weak", "strong", "last"))
    solved.course.set("02-notes", check=[weak, strong, last], implied={weak: strong})
    finished = solved.read("notes.py")
    solved.write("notes.py", finished + "\nraise SystemExit(3)\n")
    assert f"`{weak}` fails" in solved.type("check", code=1)
    assert noted.read_text().split() == ["strong", "weak"]
    noted.unlink()
    solved.write("notes.py", finished)
    assert "02-notes is done" in solved.type("check")
    assert noted.read_text().split() == ["strong", "last"]


def test_an_environment_that_cannot_be_made_is_said(solved: Learner) -> None:
    solved.course.set("02-notes", install="python -c 'raise SystemExit(1)'")
    error = solved.result("check").exception
    assert isinstance(error, CourseError) and "cannot be installed" in error.problem
    assert "install.log" in error.problem and "course lock" not in error.problem


def test_many_mistakes_are_cut_to_a_screen(solved: Learner) -> None:
    course = solved.course
    for number in range(6):
        course.write("02-notes", f"m{number}.py", "x = 1\n")
        course.write(
            "02-notes",
            f"tests/test_m{number}.py",
            "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n"
            f"        import m{number}\n\n        self.assertEqual(m{number}.x, 1)\n",
        )
    said = failing(solved)
    assert "more; fix these first" in said and "m0.py is missing" in said


def test_only_one_check_runs_at_a_time(solved: Learner) -> None:
    with FileLock(solved.course.root / ".course" / "playground" / "check.lock"):
        error = solved.result("check").exception
    assert isinstance(error, CourseError) and "Another" in error.problem


def test_a_playground_without_its_own_git_is_checked_all_the_same(solved: Learner) -> None:
    (solved.root / ".git").rename(solved.course.root / ".course" / "git-of-mine")
    assert "02-notes is done" in solved.type("check")
    assert "the last step" in (solved.type("solve") and solved.type("check"))


def test_a_test_of_the_step_that_is_skipped_has_not_passed(solved: Learner) -> None:
    solved.course.edit(
        "02-notes",
        "tests/test_notes.py",
        "    def test",
        '    @unittest.skipIf(MISSING, "")\n    def test',
    )
    solved.course.edit(
        "02-notes",
        "tests/test_notes.py",
        "import unittest\n",
        "import pathlib\nimport unittest\n\nMISSING = not pathlib.Path('demo.py').exists()\n",
    )
    (solved.root / "demo.py").unlink()
    said = failing(solved)
    assert "1 of 2 tests fail" in said and "was skipped" in said


def test_a_step_of_which_files_are_missing_is_not_done(solved: Learner) -> None:
    (solved.root / "demo.py").unlink()
    (solved.root / "tests/test_notes.py").unlink()
    said = solved.type("check", code=1)
    assert (
        "02-notes: all of its 2 tests pass. Still to be written: demo.py, tests/test_notes.py"
        in said
    )
    assert "course check --done" in said
    assert "You have 01-greeting" in solved.type("progress")
    assert "02-notes is done" in solved.type("check", "--done")
    assert "You have 02-notes" in solved.type("progress")


def test_what_people_read_is_not_to_blame(solved: Learner) -> None:
    solved.write("README.md", "# Mine, titled Bread\n")
    solved.edit("notes.py", ".title()", "")
    said = failing(solved)
    assert "1  notes.py" in said and "README.md" not in said


def test_a_file_that_holds_what_a_failure_quotes_is_named_before_one_that_is_missing(
    solved: Learner,
) -> None:
    solved.edit("notes.py", "text.strip()", "{'titel': text}['title'].strip()")
    (solved.root / "demo.py").unlink()
    assert "1  notes.py" in failing(solved)


def test_what_comes_of_a_forgotten_file_is_told_as_that(solved: Learner) -> None:
    course = solved.course
    (course.root / ".gitattributes").write_text("*.lock linguist-generated\n")
    course.write("02-notes", "titles.lock", "title\n")
    course.edit(
        "02-notes",
        "tests/test_notes.py",
        "        import notes\n",
        "        import notes\n\n        open('titles.lock').close()\n",
    )
    said = failing(solved)
    assert "1  titles.lock was forgotten" in said and "to blame" not in said


def test_lines_that_are_missing_after_a_function_are_not_missing_in_the_next(
    solved: Learner,
) -> None:
    solved.course.edit("02-notes", "notes.py", "\n\ndef titled", '\nWORD = "bread"\n\n\ndef titled')
    solved.course.edit(
        "02-notes", "tests/test_notes.py", "import notes\n", "import notes\n\n        notes.WORD\n"
    )
    said = failing(solved)
    assert "1  notes.py, line 3\n" in said or "1  notes.py, line 4\n" in said
