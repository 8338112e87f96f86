"""`check` answers as soon as it is certain: the project's check, the step's tests, the others."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import pytest
from tests.play.conftest import Learner

from course.play import diagnosis, hints, next_step_tests
from course.play.diagnosis import Difference
from course.play.folder import Playground
from course.play.watching import Watch

FILES = "python -m unittest --verbose {files}"
# A test of an earlier step that leaves a trace of having run, and one that never ends.
TRACE = """import pathlib
import unittest


class Trace(unittest.TestCase):
    def test_is_left(self):
        with pathlib.Path({path!r}).open("a") as trace:
            trace.write("ran\\n")
"""


@pytest.fixture
def stars(learner: Learner) -> Learner:
    """A learner who has the third step, which can run files of tests alone."""
    learner.course.set_all(test_files=FILES)
    learner.type("play", "2")
    learner.type("solve")
    return learner


@pytest.fixture
def trace(stars: Learner, tmp_path: Path) -> Path:
    """The file in which a test of the steps before says each time that it ran."""
    path = tmp_path / "trace.txt"
    path.touch()
    for step in ("01-greeting", "02-notes", "03-stars"):
        stars.course.write(step, "tests/test_trace.py", TRACE.format(path=str(path)))
    stars.type("play", "2")
    stars.type("solve")
    return path


def difference_of(learner: Learner) -> Difference:
    playground = Playground.find(learner.course.chain)
    return Difference(playground, playground.required_aim())


def test_the_steps_own_tests_answer_before_the_others_run(stars: Learner, trace: Path) -> None:
    said = stars.type("check")
    first = said.index("the one test of the step itself pass; now the others …")
    assert first < said.index("03-stars is done: all of its 4 tests pass.")
    assert trace.read_text() == "ran\n"


def test_what_the_projects_check_sees_is_said_before_any_test_runs(
    stars: Learner, trace: Path
) -> None:
    (stars.root / "migrations" / "002.sql").unlink()
    said = stars.type("check", code=1)
    assert "03-stars: not yet. `python check.py` fails." in said
    assert "1  migrations/002.sql is missing" in said
    log = stars.course.root / ".course" / "logs" / "03-stars" / "playground.log"
    assert trace.read_text() == "" and log.read_text() == ""


def test_of_several_commands_the_first_that_fails_is_the_answer(stars: Learner) -> None:
    stars.course.set("03-stars", check=["python -c 1", "python check.py", "python lint.py"])
    (stars.root / "migrations" / "002.sql").unlink()
    stars.write("demo.py", f"x = 1  # {'long ' * 20}\n")
    said = stars.type("check", code=1)
    assert "`python check.py`" in said and "lint.py" not in said


def test_where_the_steps_own_tests_fail_the_others_are_not_run(stars: Learner, trace: Path) -> None:
    stars.edit("notes.py", 'titled(text) + " "', "titled(text)")
    said = stars.type("check", code=1)
    assert "not yet. 1 of 1 tests fail; the others were not run." in said
    assert "1  notes.py" in said
    assert trace.read_text() == ""


def test_tests_of_what_differs_run_before_the_others(stars: Learner, trace: Path) -> None:
    stars.edit("greeting.py", "Hello", "Good day")
    assert diagnosis.near_tests(difference_of(stars)) == ["tests/test_greeting.py"]
    said = stars.type("check", code=1)
    assert "1  greeting.py" in said and "the others were not run" in said
    assert trace.read_text() == ""


def test_what_a_step_changes_beside_its_tests_makes_those_near(stars: Learner) -> None:
    assert diagnosis.near_tests(difference_of(stars)) == []
    stars.course.write("03-stars", "tests/helper.py", "x = 1\n")
    stars.write("README.md", "# Mine\n")
    near = diagnosis.near_tests(difference_of(stars))
    assert near == [f"tests/test_{name}.py" for name in ("greeting", "notes", "stars")]


def test_a_fault_that_only_the_other_tests_see_is_found_too(stars: Learner) -> None:
    stars.course.edit("03-stars", "greeting.py", "Hello", "Good day")
    stars.type("solve")
    said = stars.type("check", code=1)
    assert "now the others …" in said and "not yet. 1 of 3 tests fail." in said
    assert "all tests" not in said and "the others were not run" not in said


def test_while_something_is_to_be_written_the_others_are_not_run(
    stars: Learner, trace: Path
) -> None:
    (stars.root / "demo.py").unlink()
    said = stars.type("check", code=1)
    assert "the 1 test of the step itself pass. Still to be written: demo.py." in said
    assert trace.read_text() == ""
    assert "03-stars is done: all of its 4 tests pass." in stars.type("check", "--done")
    assert trace.read_text() == "ran\n"


def locked(stars: Learner, *locks: str) -> None:
    """Give each step a project file, and locks that are generated from it."""
    course = stars.course
    (course.root / ".gitattributes").write_text(
        "*.lock linguist-generated\n*.txt linguist-generated\n"
    )
    for link in ("01-greeting", "02-notes", "03-stars"):
        for path in ("pyproject.toml", *locks):
            course.write(link, path, f"of = {link[:2].lstrip('0')}\n")
    course.renew_copy()
    course.commit()
    stars.type("play", "2")
    stars.type("solve")


def test_while_a_lock_is_still_the_old_one_the_others_are_not_run(
    stars: Learner, trace: Path
) -> None:
    locked(stars, "poetry.lock")
    stars.write("poetry.lock", "of = 2\n")
    said = stars.type("check", "--done", code=1)
    assert "not yet. The tests of the step itself pass, but something was forgotten." in said
    assert "1  poetry.lock was forgotten" in said and "pyproject" not in said
    assert trace.read_text() == ""


def test_what_is_locked_is_told_with_what_it_is_locked_from(stars: Learner) -> None:
    locked(stars, "poetry.lock", "requirements.txt", "other.lock")
    for path in ("pyproject.toml", "poetry.lock", "requirements.txt", "other.lock"):
        stars.write(path, "of = 2\n")
    said = stars.type("check", code=1)
    assert "1  pyproject.toml was forgotten" in said
    assert "happened    it is still that of 02-notes" in said
    assert "made from it: poetry.lock, requirements.txt" in said
    assert "2  other.lock was forgotten" in said
    assert "poetry.lock was" not in said


def test_a_step_without_tests_of_its_own_is_judged_by_those_before(stars: Learner) -> None:
    course = stars.course
    course.delete("03-stars", "tests/test_stars.py")
    stars.type("play", "2")
    stars.type("solve")
    said = stars.type("check")
    assert "now the others" not in said and "all of its 2 tests pass" in said


def test_a_step_whose_tests_bear_other_names_runs_them_as_a_whole(stars: Learner) -> None:
    course = stars.course
    for name in ("greeting", "notes", "stars"):
        text = course.read("03-stars", f"tests/test_{name}.py")
        course.write("03-stars", f"tests/look_at_{name}.py", text)
        course.delete("03-stars", f"tests/test_{name}.py")
    look = "python -m unittest discover --verbose --start-directory tests -t . -p look*.py"
    course.set("03-stars", test=look)
    stars.type("solve")
    assert "all of its 3 tests pass" in stars.type("check", "--done")


def test_a_step_may_name_the_tests_to_run(stars: Learner) -> None:
    playground = Playground.find(stars.course.chain)
    assert next_step_tests.run(playground, ["tests/test_notes.py"]).passed == 1


def test_a_proof_is_run_beside_the_steps_own_tests(stars: Learner) -> None:
    stars.course.set("03-stars", proof="python lint.py")
    stars.edit("notes.py", 'titled(text) + " "', f'titled(text)  # {"long " * 20}')
    said = stars.type("check", code=1)
    assert "1 of 1 tests fail" in said and "`python lint.py`" in said


# -- what hangs


@pytest.mark.parametrize("setting", ["test_timeout", "timeout"])
def test_a_test_that_hangs_is_ended_and_named_with_the_file(stars: Learner, setting: str) -> None:
    stars.course.set("03-stars", check=[], **{setting: 5})
    stars.edit("notes.py", "    return titled", "    while True: pass\n    return titled")
    said = stars.type("check", code=1)
    assert "1  notes.py, line 10 (starred)" in said and "tests fail" not in said
    end = "a test did not come to its end within" if setting == "test_timeout" else "did not end"
    assert end in said and "test_are_shown (tests/test_stars.py, line 8)" in said
    assert "catalogue" not in said


def test_a_command_that_hangs_outside_any_test_is_ended_too(stars: Learner) -> None:
    stars.course.set(
        "03-stars",
        check=[],
        test_files="python -c \"import os; os.execlp('sleep', 'sleep', '600')\" {files}",
        test_timeout=1,
    )
    said = stars.type("check", code=1)
    assert "a test did not come to its end within" in said


def test_a_watch_ends_what_is_silent_and_tells_how_far_the_rest_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, told, now = tmp_path / "log", list[str](), [0.0]
    log.write_text("of an earlier command [ 99%]\n")
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = Watch(log, log.stat().st_size, 10, told.append)
    for seconds, text, ended in (
        (9.0, "", False),
        (9.5, "...... [  3%]\n", False),
        (19.0, "...... [ 30%]\n", False),
        (28.0, "...... [ 49%]\n", False),
        (29.0, "...... [ 77%]\n", False),
        (30.0, "...... [100%]\n", False),
        (39.9, "", False),
        (40.0, "", True),
    ):
        now[0] = seconds
        with log.open("a") as output:
            output.write(text)
        assert watch() is watch.silent is ended
    assert told == ["  25 % of them have run …", "  75 % of them have run …"]
    quiet = Watch(log, 0, 10)
    log.write_text("...... [ 50%]\n")
    assert quiet() is False


# -- what is half done


def test_what_is_not_begun_is_named_before_what_is_wrong_in_the_order_of_the_page(
    learner: Learner,
) -> None:
    course = learner.course
    course.set_all(check=[])
    for name in ("helper", "later", "sooner"):
        course.write("02-notes", f"{name}.py", f"{name}_number = 1\n")
        tests = "".join(
            f"\n    def test_{number}(self):\n        import {name}\n\n"
            f"        self.assertEqual({name}.{name}_number, 1)\n"
            for number in range(3 if name == "helper" else 1)
        )
        text = f"import unittest\n\n\nclass T(unittest.TestCase):{tests}"
        course.write("02-notes", f"tests/test_{name}.py", text)
    page = course.root / "docs" / "steps" / "notes.md"
    shown = "".join(f"\n```diff-file\n{n}.py\n```\n" for n in ("helper", "sooner", "later"))
    page.write_text(page.read_text() + shown)
    learner.type("play", "1")
    learner.type("solve")
    learner.write("helper.py", "helper_number = 2\n")
    (learner.root / "later.py").unlink()
    (learner.root / "sooner.py").unlink()
    said = learner.type("check", code=1)
    assert said.index("1  sooner.py is missing") < said.index("2  later.py is missing")
    assert "3  helper.py" not in said and "… and 1 more; fix these first." in said
    still = "pieces are still to do; the next: helper.py"
    assert said.index("tests fail") < said.index(still) < said.index("1  sooner.py")


def test_what_is_not_begun_is_told_apart_from_what_is_wrong(stars: Learner) -> None:
    stars.course.write("02-notes", "data.bin", b"\0\1")
    stars.course.write("03-stars", "data.bin", b"\0\2")
    stars.type("play", "2")
    stars.type("solve")
    # All of a piece is missing, and nothing else is in its place.
    starred = 'def starred(text, stars):\n    return titled(text) + " " + "*" * stars\n'
    stars.edit("notes.py", starred, "")
    found = difference_of(stars)
    assert list(found.unbegun) == ["notes.py"] and not found.as_before("notes.py")
    # It is another function, written in its place.
    stars.write(
        "notes.py", stars.read("notes.py") + "def starred(text, number):\n    return text\n"
    )
    assert not difference_of(stars).unbegun
    # Half of it is there.
    stars.type("solve")
    stars.edit("notes.py", '    return titled(text) + " " + "*" * stars\n', "    pass\n")
    assert not difference_of(stars).unbegun
    # A file is still that of the step before; one is called otherwise; one is the learner's own.
    stars.write("notes.py", stars.course.read("02-notes", "notes.py"))
    stars.write("data.bin", b"\0\3")
    stars.write("own.py", "x = 1\n")
    (stars.root / "demo.py").rename(stars.root / "demonstration.py")
    found = difference_of(stars)
    assert list(found.unbegun) == ["notes.py"] and found.as_before("notes.py")
    assert not found.as_before("own.py") and not found.as_before("demo.py")
    assert not found.as_before("data.bin")


def test_a_file_that_the_step_before_had_not_is_not_as_before(learner: Learner) -> None:
    learner.type("play", "nothing")
    learner.type("solve")
    learner.edit("greeting.py", 'def greet(name):\n    return f"Hello, {name}!"\n', "")
    found = difference_of(learner)
    assert list(found.own) == ["greeting.py"] and not found.unbegun
    assert hints.left(found) == []


def test_what_several_files_not_begun_may_explain_is_told_of_the_first_on_the_page(
    learner: Learner,
) -> None:
    course = learner.course
    course.set_all(check=[])
    # The view is found by its address alone: the failure names neither.
    course.write("01-greeting", "views.py", "pages = {}\n")
    course.write("01-greeting", "urls.py", "table = {}\n")
    course.write("02-notes", "views.py", 'pages = {}\npages["notes"] = "all notes"\n')
    course.write("02-notes", "urls.py", 'table = {}\ntable["/notes/"] = "notes"\n')
    course.write(
        "02-notes",
        "tests/test_addresses.py",
        "import unittest\n\n\nclass Addresses(unittest.TestCase):\n    def test_answers(self):\n"
        "        from urls import table\n        from views import pages\n\n"
        '        self.assertIn("/notes/", table)\n'
        '        self.assertEqual(pages[table["/notes/"]], "all notes")\n',
    )
    page = course.root / "docs" / "steps" / "notes.md"
    shown = "".join(f"\n```diff-file\n{name}.py\n```\n" for name in ("views", "urls"))
    page.write_text(page.read_text() + shown)
    learner.type("play", "1")
    learner.type("solve")
    for name in ("views", "urls"):
        learner.write(f"{name}.py", course.read("01-greeting", f"{name}.py"))
    said = learner.type("check", code=1)
    assert "2 of the page's 7 pieces are still to do; the next: views.py" in said
    assert "1  views.py" in said and "or it is in urls.py" in said
    # Once the first is done, it is the second; and what names a file is about that file.
    learner.type("solve", "views.py")
    assert "1  urls.py" in learner.type("check", code=1)
    learner.write("views.py", course.read("01-greeting", "views.py"))
    (learner.root / "urls.py").unlink()
    said = learner.type("check", code=1)
    assert "1  urls.py is missing" in said and "No module named 'urls'" in said


def test_a_file_that_is_called_as_tests_are_may_only_help_them(stars: Learner) -> None:
    course = stars.course
    course.delete("03-stars", "tests/test_stars.py")
    course.write("03-stars", "tests/testing.py", "LEFT = 1\n")
    stars.type("play", "2")
    stars.type("solve")
    said = stars.type("check")
    assert "now the others" not in said and "all of its 2 tests pass" in said
    # Where no file holds a test at all, all of them together decide.
    for name in ("greeting", "notes"):
        course.write("03-stars", f"tests/test_{name}.py", "LEFT = 1\n")
    course.renew_copy()
    stars.type("play", "2")
    stars.type("solve")
    assert "no test ran" in stars.type("check", code=1)


# Of the step before, and of the step: one test is the same, one is changed, one is new; both of the
# last see what the word says, and the first leaves a trace.
PYTEST_BEFORE = """from pathlib import Path

import notes


def test_old():
    with Path({trace!r}).open("a") as trace:
        trace.write("ran\\n")


def test_changed():
    assert notes
"""
PYTEST_AFTER = """

class TestNew:
    @pytest.mark.parametrize("word", ["starred"])
    def test_new(self, word):
        assert word in Path("notes.py").read_text()
"""


@pytest.fixture
def brought(stars: Learner, tmp_path: Path) -> Path:
    """The trace of an old test in a file of tests that the step extends; pytest runs it."""
    path, course = tmp_path / "trace.txt", stars.course
    path.touch()
    before = PYTEST_BEFORE.format(trace=str(path))
    after = before.replace("assert notes", 'assert "starred" in Path("notes.py").read_text()')
    for step in ("01-greeting", "02-notes"):
        course.write(step, "tests/test_words.py", before)
    course.write(
        "03-stars",
        "tests/test_words.py",
        after.replace("import notes", "import notes, pytest") + PYTEST_AFTER,
    )
    command = f"{shlex.quote(sys.executable)} -m pytest --junitxml={{results}} {{files}}"
    course.set("03-stars", test_files=command)
    stars.type("play", "2")
    stars.type("solve")
    return path


def test_of_the_steps_own_files_what_it_brings_runs_first(stars: Learner, brought: Path) -> None:
    chain = stars.course.chain
    link = chain.links[2]
    assert next_step_tests.brought(chain, link, ["tests/test_words.py"]) == [
        "tests/test_words.py::test_changed",
        "tests/test_words.py::TestNew::test_new",
    ]
    text = (stars.root / "notes.py").read_text()
    stars.write("notes.py", text.replace("starred", "marked"))
    said = stars.type("check", code=1)
    assert "the others were not run" in said
    assert brought.read_text() == ""
    stars.write("notes.py", text)
    assert "03-stars is done" in stars.type("check")
    assert brought.read_text() == "ran\n"


def test_of_files_that_a_step_adds_nothing_runs_first(stars: Learner) -> None:
    chain = stars.course.chain
    link = chain.links[2]
    own = list(next_step_tests.own_tests(chain, link))
    assert own and next_step_tests.brought(chain, link, own) == []
