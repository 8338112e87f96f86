"""Each fault that a step may have is found by the right check, in the right step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, faults, is_alive, passes, states

from course.verify.outcome import FAILED, SKIPPED

BEFORE = "steps/01-greeting"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """Two steps with tests, and nothing else to check."""
    return small_course.make(tmp_path, steps=2, final=False, only=["test"])


def full(tmp_path: Path, *verbs: str, steps: int = 2) -> SmallCourse:
    """Return steps with these verbs alone."""
    return small_course.make(tmp_path, steps=steps, final=False, only=verbs)


def case(*lines: str, header: str = "") -> str:
    """Return a test module with one test."""
    body = "\n".join(f"        {line}" for line in lines)
    return f"""import unittest
{header}

class More(unittest.TestCase):
    def test_more(self):
{body}
"""


MORE = "tests.test_more.More.test_more"


def test_a_course_without_faults_passes_every_check(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    found = passes(course)
    assert {check for link, check in found if link == "03-stars"} == {
        *("install", "check", "lint", "test", "migrate", "upgrade", "serve", "proof")
    }
    assert ("final", "copy") in found
    assert ("01-greeting", "proof") not in found
    assert found["03-stars", "proof"].facts == {
        **{"new": 1, "failing": 1, "unimported": 0, "holds": 0}
    }


def test_a_syntax_error_is_found_in_its_step_alone(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    course.edit("02-notes", "notes.py", "def titled(text):", "def titled(text:")
    outcomes = course.verify()
    found = faults(course, outcomes)
    assert {(outcome.link, outcome.check) for outcome in found} == {
        ("02-notes", "check"),
        ("02-notes", "test"),
    }
    assert "notes.py: SyntaxError" in next(o.message for o in found if o.check == "check")
    known = states(outcomes)
    assert known["02-notes", "proof"] == known["03-stars", "proof"] == SKIPPED


def test_a_failing_test_is_named_with_what_it_says(course: SmallCourse) -> None:
    course.edit("02-notes", "notes.py", ".title()", ".upper()")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "test")
    assert found.message == (
        "1 of 2 tests failed: tests.test_notes.Notes.test_are_titled"
        " (AssertionError: 'BREAD' != 'Bread')"
    )


def test_many_failing_tests_are_counted(course: SmallCourse) -> None:
    methods = "".join(f"    def test_{n}(self): self.fail('{n}')\n" for n in range(5))
    course.write(
        "02-notes",
        "tests/test_many.py",
        f"import unittest\nclass Many(unittest.TestCase):\n{methods}",
    )
    found = fault(course, "02-notes")
    assert found.message.startswith("5 of 7 tests failed: tests.test_many.Many.test_0, ")
    assert "test_2 and 2 more (AssertionError: 0)" in found.message


def test_a_test_that_passes_already_on_the_step_before_proves_nothing(course: SmallCourse) -> None:
    course.write("02-notes", "tests/test_more.py", case("self.assertTrue(True)"))
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert found.message.startswith(f"{MORE} passes already on {BEFORE}: ")
    assert "sharpen it, or name it under `holds`" in found.message


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ("True", "steps/02-notes itself"),
        # Not skipped on its own step: the step before lacks what it asks for.
        ("not __import__('pathlib').Path('notes.py').exists()", BEFORE),
        # Skipped where it should run, and failing where it should not count.
        ("__import__('pathlib').Path('notes.py').exists()", "steps/02-notes itself"),
    ],
)
def test_a_skipped_new_test_proves_nothing(course: SmallCourse, condition: str, where: str) -> None:
    text = case("import notes").replace(
        "    def test", f"    @unittest.skipIf({condition}, 'a reason')\n    def test"
    )
    course.write("02-notes", "tests/test_more.py", text)
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert found.message.startswith(f"{MORE} is skipped on {where}: ")


def test_a_new_test_that_does_not_run_on_the_step_before_proves_nothing(
    course: SmallCourse,
) -> None:
    course.write(
        "02-notes",
        "tests/test_more.py",
        "import pathlib\n"
        + case("self.assertTrue(True)")
        .replace(
            "class More",
            "if not pathlib.Path('notes.py').exists():\n    unittest = None\n\nclass More",
        )
        .replace("unittest.TestCase", "unittest.TestCase if unittest else object"),
    )
    found = fault(course)
    assert found.message.startswith(f"{MORE} does not run on {BEFORE}: ")


def test_a_step_needs_a_new_test_or_a_proof_command(course: SmallCourse) -> None:
    course.delete("02-notes", "tests/test_notes.py")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert found.message.startswith("no new test: give the step a test")


def test_a_step_needs_tests_at_all(course: SmallCourse) -> None:
    course.delete("01-greeting", "tests/test_greeting.py")
    found = fault(course, "01-greeting")
    assert (found.check, found.message) == (
        "test",
        "no test ran; a step must bring tests of its own",
    )


def test_tests_that_cannot_be_imported_say_why_and_where(course: SmallCourse) -> None:
    course.edit(
        "02-notes",
        "tests/test_notes.py",
        "import unittest\n",
        "import unittest\nfrom notes import nothing\n",
    )
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "test")
    assert found.message.startswith("tests.test_notes cannot be imported: ")
    assert "ImportError: cannot import name 'nothing' from 'notes'" in found.message
    assert found.message.endswith("(tests/test_notes.py, line 2)")


def test_tests_that_cannot_be_imported_before_are_counted_apart(course: SmallCourse) -> None:
    course.edit(
        "02-notes", "tests/test_notes.py", "import unittest\n", "import unittest\nimport notes\n"
    )
    found = passes(course)["02-notes", "proof"]
    assert found.facts == {"new": 1, "failing": 0, "unimported": 1, "holds": 0}
    assert found.notes == ("1 new tests cannot be imported on the step before",)


def test_tests_whose_class_cannot_be_made_ready_before_fail_there(course: SmallCourse) -> None:
    ready = "    @classmethod\n    def setUpClass(cls):\n        import notes\n\n    def test"
    course.write(
        "02-notes",
        "tests/test_more.py",
        case("self.assertTrue(str(self))").replace("    def test", ready),
    )
    assert passes(course)["02-notes", "proof"].facts["failing"] == 2


def test_a_test_may_rightly_hold_before_with_a_reason(course: SmallCourse) -> None:
    course.write("02-notes", "tests/test_more.py", case("self.assertTrue(str(self))"))
    course.set("02-notes", holds={MORE: "truth holds everywhere"})
    found = passes(course)["02-notes", "proof"]
    assert found.facts["holds"] == 1
    assert found.notes == (f"{MORE} rightly holds before: truth holds everywhere",)


def test_many_tests_may_hold_before_for_one_reason(course: SmallCourse) -> None:
    more = case("self.assertTrue(str(self))") + "\n    def test_many(self):\n        {}\n"
    course.write("02-notes", "tests/test_more.py", more.format("self.assertTrue(str(self))"))
    course.set("02-notes", holds={"*.More.test_m*": "truth holds everywhere"})
    found = passes(course)["02-notes", "proof"]
    assert found.facts["holds"] == 2
    assert found.notes == ("*.More.test_m* (2 tests) rightly holds before: truth holds everywhere",)
    course.write("02-notes", "tests/test_more.py", more.format("import notes"))
    assert "the catalogue says that tests.test_more.More.test_many holds" in fault(course).message


def test_a_test_that_holds_no_longer_is_taken_out_of_the_list(course: SmallCourse) -> None:
    course.write("02-notes", "tests/test_more.py", case("import notes"))
    course.set("02-notes", holds={MORE: "it was so once"})
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert f"the catalogue says that {MORE} holds on {BEFORE}, but it fails" in found.message


def test_the_list_of_what_holds_names_new_tests_only(course: SmallCourse) -> None:
    course.set("02-notes", holds={"tests.test_more.Gone.test_gone": "a reason"})
    found = fault(course)
    assert found.check == "proof"
    assert "`holds` names tests.test_more.Gone.test_gone, which is no new test" in found.message


def test_what_rightly_holds_does_not_replace_a_proof(course: SmallCourse) -> None:
    course.write("02-notes", "tests/test_notes.py", case("self.assertTrue(True)"))
    course.set("02-notes", holds={"tests.test_notes.More.test_more": "a reason"})
    assert fault(course).message.startswith("no new test: ")


def test_changed_tests_are_reported(course: SmallCourse) -> None:
    course.edit("02-notes", "tests/test_greeting.py", '"world"), "Hello, w', '"World"), "Hello, W')
    assert passes(course)["02-notes", "proof"].notes == (
        "changed tests: tests.test_greeting.Greeting.test_names_whom_it_greets",
    )


def test_a_proof_command_stands_for_new_tests(course: SmallCourse) -> None:
    course.delete("02-notes", "tests/test_notes.py")
    course.set("02-notes", proof="python -c 'import notes'")
    found = passes(course)["02-notes", "proof"]
    assert found.facts == {"commands": 1}
    assert found.notes == ("proven by `python -c 'import notes'`",)


def test_a_proof_command_whose_program_comes_with_the_step_counts(course: SmallCourse) -> None:
    course.write("02-notes", "tell", "#!/bin/sh\nexit 0\n").chmod(0o755)
    course.set("02-notes", proof="./tell")
    passes(course)


def test_a_proof_command_that_passes_before_proves_nothing(course: SmallCourse) -> None:
    course.set("02-notes", proof="python -c 'import greeting'")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert f"passes already on {BEFORE}: it proves nothing of this step" in found.message


def test_a_proof_command_must_pass_on_its_own_step(course: SmallCourse) -> None:
    course.set("02-notes", proof="python -c 'import nothing_here'")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert "no module named 'nothing_here'" in found.message


def test_a_test_command_must_say_by_its_code_that_tests_fail(course: SmallCourse) -> None:
    run = "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'unittest', '-v'])\n"
    for link in ("01-greeting", "02-notes"):
        course.write(link, "run.py", run)
    course.set_all(test="python run.py")
    assert "`python run.py` ends with code 0 on steps/01-greeting" in fault(course).message


def test_a_missing_migration_is_found_by_the_steps_own_check(tmp_path: Path) -> None:
    course = full(tmp_path, "check", "test", steps=3)
    course.edit("03-stars", "notes.py", '"stars")', '"stars", "colour")')
    found = fault(course)
    assert (found.link, found.check) == ("03-stars", "check")
    assert "no migration makes the column 'colour'" in found.message


def test_a_migration_that_breaks_on_existing_rows_is_found(tmp_path: Path) -> None:
    course = full(tmp_path, "migrate", "demo", "test", steps=3)
    course.write(
        "03-stars",
        "migrations/002.sql",
        "CREATE TABLE starred (text TEXT, stars INTEGER NOT NULL);\n"
        "INSERT INTO starred SELECT text, NULL FROM note;\n",
    )
    found = fault(course)
    assert (found.link, found.check) == ("03-stars", "upgrade")
    assert found.message.startswith("on the database of steps/02-notes with its rows: `python mig")
    assert "NOT NULL constraint failed" in found.message
    assert found.message.endswith("give existing rows a value in the migration")


def test_a_broken_migration_is_one_fault_and_not_one_of_every_check(tmp_path: Path) -> None:
    course = full(tmp_path, "migrate", "demo", "test", "serve", steps=3)
    course.write("02-notes", "migrations/001.sql", "CREATE TABLE;\n")
    outcomes = course.verify()
    [found] = faults(course, outcomes)
    assert (found.link, found.check) == ("02-notes", "migrate")
    left = {(o.link, o.check): o.message for o in outcomes if o.state == SKIPPED}
    assert left["02-notes", "serve"] == "after migrate of 02-notes failed"
    assert left["03-stars", "upgrade"] == "after migrate of 02-notes failed"


def test_the_database_that_the_catalogue_names_must_be_made(tmp_path: Path) -> None:
    course = full(tmp_path, "migrate", "demo", "test")
    course.set("02-notes", database="data/other.sqlite3")
    found = fault(course, "02-notes")
    assert found.check == "migrate"
    assert "names the database data/other.sqlite3: none was made" in found.message


def test_a_line_that_the_linter_refuses_is_shown(tmp_path: Path) -> None:
    course = full(tmp_path, "lint", "test")
    course.write("02-notes", "long.py", f"# {'x' * 90}\n")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "lint")
    assert found.message == "`python lint.py` ended with code 1: long.py:1:80: E501 line too long"


def test_coverage_short_of_the_gate_fails_though_every_test_passes(course: SmallCourse) -> None:
    gate = (
        "import subprocess, sys\n"
        "code = subprocess.call([sys.executable, '-m', 'unittest', '-v'])\n"
        "print('FAIL Required test coverage of 100% not reached. Total coverage: 99.07%')\n"
        "sys.exit(code or 2)\n"
    )
    course.write("02-notes", "gate.py", gate)
    course.set("02-notes", test="python gate.py")
    found = fault(course, "02-notes")
    assert (found.link, found.check) == ("02-notes", "test")
    assert found.message == (
        "`python gate.py` ended with code 2:"
        " FAIL Required test coverage of 100% not reached. Total coverage: 99.07%"
    )


@pytest.mark.parametrize("top", [True, False])
def test_an_import_that_is_not_in_the_lock_is_named(course: SmallCourse, top: bool) -> None:
    line = "import not_in_the_lock\n"
    if top:
        course.write("02-notes", "tests/test_more.py", line + case("pass"))
    else:
        course.write("02-notes", "notes.py", line + course.read("02-notes", "notes.py"))
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "test")
    assert "no module named 'not_in_the_lock': misspelt, or not in the step's lock" in found.message
    assert "course lock" in found.message


@pytest.mark.parametrize("verb", ["check", "serve"])
def test_a_program_that_is_not_in_the_lock_is_named(course: SmallCourse, verb: str) -> None:
    course.set("02-notes", **{verb: "no-such-linter --check"})
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", verb)
    assert found.message.startswith(
        "`no-such-linter --check`: there is no program no-such-linter; it is not in the step's lock"
    )


def test_a_test_program_that_is_not_in_the_lock_is_named(course: SmallCourse) -> None:
    course.set("02-notes", test="no-such-runner")
    assert "there is no program no-such-runner" in fault(course).message


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("open('../shared.txt').close()", "../shared.txt"),
        ("open({root!r} + '/README.md').close()", "{root}/README.md"),
        ("open(b'../shared.txt').close()", "../shared.txt"),
        ("__import__('sqlite3').connect('../shared.sqlite3').close()", "../shared.sqlite3"),
        (
            "__import__('sqlite3').connect('file:../shared.db?mode=rwc', uri=True).close()",
            "../shared.db",
        ),
        ("__import__('os').listdir('..')", ".."),
        ("__import__('os').mkdir('../made')", "../made"),
        ("__import__('os').chdir('tests'); open('../../shared.txt').close()", "../shared.txt"),
        ("open('link-to-outside').close()", "{root}/README.md"),
        ("open('../é\\udcff.txt').close()", "../é\udcff.txt"),
    ],
)
def test_what_is_opened_outside_the_snapshot_is_found(
    course: SmallCourse, code: str, shown: str
) -> None:
    root = str(course.repository.root)
    (course.root / "README.md").write_text("# Notes\n", encoding="utf-8")
    (course.folder("02-notes") / "link-to-outside").symlink_to(course.root / "README.md")
    # It would work where the snapshot lies.
    (course.root / "steps" / "shared.txt").write_text("shared", encoding="utf-8")
    course.write("02-notes", "tests/test_more.py", case("import notes", code.format(root=root)))
    found = fault(course)
    assert (found.link, found.check, found.during) == ("02-notes", "isolation", "test")
    shown = shown.format(root=root)
    assert found.message.startswith(f"the snapshot opens {shown}, outside its own folder; bring")


def test_what_many_checks_open_outside_is_one_fault(tmp_path: Path) -> None:
    course = full(tmp_path, "check", "test", "serve")
    line = "open('../shared.txt').close()\n"
    for path in ("check.py", "greeting.py"):
        course.write("02-notes", path, line + course.read("02-notes", path))
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "isolation")


def test_a_long_list_of_what_is_opened_outside_is_cut(course: SmallCourse) -> None:
    code = (
        "[__import__('os').scandir('..').close()] + [open(f'../{n}', 'w').close() for n in 'abc']"
    )
    course.write("02-notes", "tests/test_more.py", case("import notes", code))
    assert "opens .., ../a, ../b and 1 more, outside" in fault(course).message


def test_temporary_files_and_a_folder_that_is_gone_are_not_taken_for_outside(
    course: SmallCourse,
) -> None:
    course.write(
        "02-notes",
        "tests/test_more.py",
        case(
            "import notes, os, tempfile",
            "with tempfile.TemporaryDirectory() as folder:",
            "    here = os.getcwd()",
            "    open(os.path.join(folder, 'x'), 'w').close()",
            "    os.chdir(folder)",
            "self.assertRaises(FileNotFoundError, open, 'y')",
            "os.chdir(here)",
        ),
    )
    passes(course)


SERVERS = {
    "import time\ntime.sleep(600)\n": "did not answer within 1 s (",
    "raise SystemExit('error: no settings')\n": "server ended with code 1: error: no settings",
    "import socket, sys\n"
    "server = socket.create_server(('127.0.0.1', int(sys.argv[2])))\n"
    "while True:\n"
    "    client, _ = server.accept()\n"
    "    client.recv(1000)\n"
    "    client.sendall(b'hello, hello\\r\\n')\n"
    "    client.close()\n": "answered with what is not HTTP",
}


@pytest.mark.parametrize("server", SERVERS, ids=["never answers", "ends at once", "not HTTP"])
def test_a_server_that_does_not_serve_is_found(tmp_path: Path, server: str) -> None:
    course = full(tmp_path, "serve", "test")
    course.write("02-notes", "server.py", server)
    if "600" in server:
        course.set("02-notes", start_timeout=1)
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "serve")
    assert found.message.startswith("`python server.py 127.0.0.1 ")
    assert SERVERS[server] in found.message
    assert ("`start_timeout` in the catalogue" in found.message) is ("600" in server)


def test_a_server_that_answers_with_an_error_is_found(tmp_path: Path) -> None:
    course = full(tmp_path, "serve", "test")
    course.edit("02-notes", "server.py", "send_response(200)", "send_response(500)")
    course.set("02-notes", url="/start/")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "serve")
    assert "/start/ answered 500: " in found.message


def test_a_hanging_test_is_named_and_everything_it_started_is_ended(
    tmp_path: Path, course: SmallCourse
) -> None:
    told = tmp_path / "told.json"
    course.write(
        "02-notes",
        "tests/test_more.py",
        case(
            "import json, os, pathlib, subprocess, sys, time",
            "words = [sys.executable, '-c', 'import time; time.sleep(600)']",
            "child = subprocess.Popen(words)",
            "other = subprocess.Popen(words, start_new_session=True)",
            f"told = pathlib.Path({str(told)!r})",
            "told.write_text(json.dumps([os.getpid(), child.pid, other.pid]))",
            "time.sleep(600)",
        ),
    )
    course.set("02-notes", timeout=10)
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "test")
    assert "did not end within 10 s and was ended." in found.message
    assert "It hangs in test_more (tests/test_more.py, line 12)." in found.message
    assert "`timeout` in the catalogue" in found.message
    assert [pid for pid in json.loads(told.read_text()) if is_alive(pid)] == []


def test_code_that_hangs_outside_of_a_test_is_named_too(tmp_path: Path) -> None:
    course = full(tmp_path, "check", "test")
    course.write(
        "02-notes", "check.py", "import time\n\ndef wait():\n    time.sleep(600)\n\nwait()\n"
    )
    course.set("02-notes", timeout=6)
    found = fault(course, "02-notes")
    assert found.check == "check"
    assert "It hangs in wait (project/check.py, line 4)." in found.message


def test_what_a_check_leaves_running_is_ended_with_the_run(
    tmp_path: Path, course: SmallCourse
) -> None:
    told = tmp_path / "told"
    course.write(
        "02-notes",
        "tests/test_more.py",
        case(
            "import notes, pathlib, subprocess, sys",
            "words = [sys.executable, '-c', 'import time; time.sleep(600)']",
            "child = subprocess.Popen(words, start_new_session=True)",
            "child.returncode = 0  # left running on purpose",
            f"pathlib.Path({str(told)!r}).write_text(str(child.pid))",
            "assert child.pid",
        ),
    )
    passes(course)
    assert not is_alive(int(told.read_text()))


def test_tests_that_hang_on_the_step_before_are_no_proof(course: SmallCourse) -> None:
    course.write(
        "02-notes",
        "tests/test_more.py",
        case(
            "import pathlib, time",
            "while not pathlib.Path('notes.py').exists():",
            "    time.sleep(600)",
        ),
    )
    course.set("02-notes", timeout=10)
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert found.message.startswith(f"with the code of {BEFORE} the tests do not end: ")
    assert "It hangs in test_more" in found.message


def test_an_env_command_that_fails_is_a_fault_of_its_own(course: SmallCourse) -> None:
    course.set("02-notes", env="python -c 'raise SystemExit(\"error: no template\")'")
    outcomes = course.verify()
    [found] = faults(course, outcomes)
    assert (found.link, found.check, found.during) == ("02-notes", "env", "install")
    assert found.message.endswith("ended with code 1: error: no template")
    assert states(outcomes)["02-notes", "test"] == SKIPPED
    assert states(outcomes)["01-greeting", "test"] != SKIPPED


def test_an_env_command_that_reaches_outside_is_found(course: SmallCourse) -> None:
    course.set("02-notes", env="python -c \"open('../.env', 'w').close()\"")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "isolation")


def test_an_env_command_that_fails_in_the_next_steps_environment_is_told_there(
    course: SmallCourse,
) -> None:
    # A stand-in for a package that the next step's lock has dropped.
    course.write(
        "01-greeting",
        "install.py",
        "import os, pathlib\n"
        "[site] = pathlib.Path(os.environ['VIRTUAL_ENV']).rglob('site-packages')\n"
        "(site / 'dropped.py').write_text('')\n",
    )
    course.set(
        "01-greeting", install="python install.py", env="python -B -c 'import dropped; print(1)'"
    )
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "proof")
    assert "no module named 'dropped'" in found.message


def test_an_install_command_that_fails_is_a_fault_and_nothing_else_is_tried(
    course: SmallCourse,
) -> None:
    course.write("02-notes", "requirements.txt", "no-such-package==1 --hash=md5:0\n")
    course.set("02-notes", install="uv pip sync requirements.txt")
    outcomes = course.verify()
    [found] = faults(course, outcomes)
    assert (found.link, found.check) == ("02-notes", "install")
    assert "`uv pip sync requirements.txt` failed." in found.message
    assert "course lock" in found.message
    skipped = {o.message for o in outcomes if o.state == SKIPPED}
    assert skipped == {"after install of 02-notes failed"}


def test_a_lock_file_that_the_snapshot_lacks_is_named(course: SmallCourse) -> None:
    course.set("02-notes", install="uv pip sync requirements_dev.txt")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "install")
    assert found.message.startswith("the snapshot has no file requirements_dev.txt; ")


def test_an_export_that_lacks_what_the_lock_has_is_a_fault(course: SmallCourse) -> None:
    lock = '[[package]]\nname = "a"\nversion = "1"\n[metadata]\npython-versions = ">=3.11"\n'
    course.write("02-notes", "poetry.lock", lock)
    course.write("02-notes", "requirements.txt", "")
    course.set("02-notes", export="poetry export --output requirements.txt")
    found = fault(course)
    assert (found.link, found.check) == ("02-notes", "install")
    assert found.message == (
        "steps/02-notes/requirements.txt lacks a, which poetry.lock has; course lock"
    )


def test_a_missing_folder_is_named(course: SmallCourse) -> None:
    course.delete("02-notes", ".")
    found = fault(course, "02-notes")
    assert (found.link, found.check) == ("02-notes", "install")
    assert found.message.startswith("steps/02-notes is missing or empty; git checkout -- steps/02")


def test_a_declared_copy_that_differs_is_found_without_running_anything(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1, only=["test"])
    for name in "abcd":
        course.write("final", f"{name}.txt", "more\n")
    found = fault(course, "final")
    assert (found.link, found.check) == ("final", "copy")
    assert (
        "is declared a copy of steps/01-greeting and differs in a.txt, b.txt, c.txt and 1 more"
        in (found.message)
    )
    assert "course lint --fix" in found.message
    assert found.log is not None and "A final/d.txt" in found.log.read_text(encoding="utf-8")
    course.renew_copy()
    passes(course, "final")


def test_extra_commands_are_checked(course: SmallCourse) -> None:
    course.set(
        "01-greeting", extra=["python -c pass", "python -c 'raise ValueError(\"built wrong\")'"]
    )
    found = fault(course, "01-greeting")
    assert found.check == "extra"
    assert "ValueError: built wrong" in found.message


JUNIT = '''"""Run the tests, and write what came of them as JUnit XML."""
import sys
import unittest
from xml.sax.saxutils import quoteattr


class Result(unittest.TextTestResult):
    lines = []

    def startTest(self, test):
        super().startTest(test)
        self.said = ""

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.said = f"<failure message={quoteattr(str(error[1]))}/>"

    def addError(self, test, error):
        super().addError(test, error)
        self.said = f"<failure message={quoteattr(repr(error[1]))}/>"

    def stopTest(self, test):
        where, _, name = test.id().rpartition(".")
        self.lines.append(
            f"<testcase classname={quoteattr(where)} name={quoteattr(name)}>{self.said}</testcase>"
        )


suite = unittest.defaultTestLoader.discover("tests", top_level_dir=".")
found = unittest.TextTestRunner(resultclass=Result).run(suite)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write("<testsuites><testsuite>" + "".join(Result.lines) + "</testsuite></testsuites>")
sys.exit(not found.wasSuccessful())
'''


def test_tests_are_also_read_from_junits_xml(course: SmallCourse) -> None:
    for link in ("01-greeting", "02-notes"):
        course.write(link, "junit.py", JUNIT)
    course.set_all(test="python junit.py {results}")
    assert passes(course)["02-notes", "proof"].facts["failing"] == 1
    course.edit("02-notes", "notes.py", ".title()", "")
    assert fault(course, "02-notes").message == (
        "1 of 2 tests failed: tests.test_notes.Notes.test_are_titled ('bread' != 'Bread')"
    )


def test_proof_runs_the_files_of_new_tests_alone_where_the_catalogue_says_how(
    course: SmallCourse,
) -> None:
    one = JUNIT.replace(
        'unittest.defaultTestLoader.discover("tests", top_level_dir=".")',
        "unittest.defaultTestLoader.loadTestsFromNames("
        "[file[:-3].replace('/', '.') for file in sys.argv[2:]])",
    )
    assert one != JUNIT
    for link in ("01-greeting", "02-notes"):
        course.write(link, "junit.py", JUNIT)
        course.write(link, "one.py", one)
    course.set_all(test="python junit.py {results}", test_files="python one.py {results} {files}")
    assert passes(course)["02-notes", "proof"].facts["failing"] == 1
    (log,) = (course.repository.state / "logs").rglob("02-notes/proof.log")
    said = log.read_text(encoding="utf-8")
    assert "tests/test_notes.py" in said and "junit.py" not in said


def test_a_test_command_that_writes_no_results_is_a_fault(course: SmallCourse) -> None:
    course.set("02-notes", test="python -c pass {results}")
    assert fault(course, "02-notes").message == "`python -c pass '{results}'` wrote no results"


def test_a_failing_step_before_keeps_the_proof_from_running(course: SmallCourse) -> None:
    course.edit("01-greeting", "greeting.py", "Hello", "Goodbye")
    outcomes = course.verify("02-notes")
    assert states(outcomes)["01-greeting", "test"] == FAILED
    assert {o.check: o.message for o in outcomes if o.state == SKIPPED} == {
        "proof": "after test of 01-greeting failed"
    }
