"""What `course verify` printed answers a page's commands, as long as it is true of the copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.docs.site_course import SiteCourse

from course.cache import check_results
from course.chain import Chain
from course.commands import docs
from course.docs.consoles import verified_answers
from course.docs.consoles.check import Results
from course.install import environments
from course.verify import kept_output
from course.verify.outcome import FAILED
from course.workspace import Workspace

# The test counts its runs in a file that no copy has: what is answered does not run.
TEST = '''"""Tests, of which there are three."""
import os
import pathlib
import unittest


class App(unittest.TestCase):
    def test_one(self):
        pathlib.Path("left.data").write_text("left")
        with open(os.environ["HOME"] + "/runs", "a") as runs:
            self.assertEqual(runs.write("x"), 1)

    def test_two(self):
        self.assertTrue(pathlib.Path("app.py").exists())

    def test_three(self):
        self.assertNotEqual(os.environ.get("MODE"), "bad")
'''
MAKEFILE = (
    "test:\n\tpython -m unittest --verbose test_app\n\n"
    "both: test\n\tpython --version\n\n"
    "quiet:\n\t@python -m unittest --verbose test_app\n\n"
    "unknown:\n\tpython -c 'print(1)'\n\n"
    "broken:\n\t$(nonsense\n"
)
FRONT = "---\nstep: first\n---\n# Try\n\n"
SHOWN = "…\nRan 3 tests in 0.001s\n…\n"


@pytest.fixture
def proved(course: SiteCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteCourse:
    """A course whose steps have tests that passed."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    course.replace("steps/course.toml", 'serve = "python server.py {host} {port}"\n', "")
    course.replace(
        "steps/course.toml",
        "install = []",
        'install = []\ntest = "python -m unittest --verbose test_app"'
        '\nlint = "python -m tabnanny app.py"\nextra = "python --version"',
    )
    course.write("steps/01-first/test_app.py", TEST)
    course.write("steps/01-first/Makefile", MAKEFILE)
    course.write("steps/01-first/.gitignore", "*.data\n__pycache__/\n*.sqlite3\n")
    prove(course)
    return course


def prove(course: SiteCourse) -> None:
    """Verify the first step."""
    chain = course.site.chain
    link = chain.find("first")
    outcomes = small_course.verify(chain, [link], jobs=1)
    assert not [o for o in outcomes if o.state == FAILED], outcomes


def runs(course: SiteCourse) -> int:
    """Return how many times the tests ran."""
    return len((course.root.parent / "home" / "runs").read_text())


def ran(course: SiteCourse, text: str, front: str = FRONT) -> Results:
    """Check a page; return what became of its blocks."""
    course.page("try.md", f"{front}{text}\n")
    return course.run_consoles()


def block(*commands: str, words: str = "") -> str:
    """Return a block of commands, without what they print."""
    lines = "".join(f"$ {command}\n" for command in commands)
    return f"```console{words}\n{lines}```\n"


TYPED = ["python -m unittest --verbose test_app", "make test", "make both", "make quiet"]


@pytest.mark.parametrize("typed", TYPED)
def test_what_verify_ran_is_not_run_again(proved: SiteCourse, typed: str) -> None:
    before = runs(proved)
    results = ran(proved, block(typed))
    assert (results.faults, results.run, results.answered) == ([], 1, 1)
    assert runs(proved) == before


def test_the_answer_is_what_the_command_prints(proved: SiteCourse) -> None:
    shown = "```console\n$ make test\npython -m unittest --verbose test_app\n…\n"
    shown += "test_one (test_app.App.test_one) ... ok\n…\nRan 3 tests in 0.1s\n\nOK\n```\n"
    results = ran(proved, shown)
    assert (results.faults, results.answered) == ([], 1)
    quiet = "```console\n$ make quiet\npython -m unittest --verbose test_app\n…\n```\n"
    (fault,) = ran(proved, quiet).faults
    assert "this line is not in the output" in fault.problem


def test_a_wrong_number_is_a_fault(proved: SiteCourse) -> None:
    before = runs(proved)
    (fault,) = ran(proved, f"```console\n$ make test\n{SHOWN.replace('3', '4')}```\n").faults
    assert "this line is not in the output: 'Ran 4 tests in 0.001s'" in fault.problem
    assert runs(proved) == before


def test_where_tests_run_apart_nothing_is_answered_that_others_would_change(
    proved: SiteCourse,
) -> None:
    path = proved.root / "steps" / "course.toml"
    path.write_text(
        f'{path.read_text()}\n[defaults]\ntests = ["test_app.py", "test_more.py"]\n'
        '\n[[defaults.unread]]\nchecks = ["test"]\npaths = ["test_more.py"]\n'
    )
    proved.replace(
        "steps/course.toml",
        "install = []",
        'install = []\ntest_files = "python -m unittest --verbose {files}"',
    )
    proved.write("steps/01-first/test_more.py", TEST)
    prove(proved)
    before = runs(proved)
    end = "```console\n$ python -m unittest --verbose test_app\n…\n{}\n```\n"
    results = ran(proved, end.format("OK"))
    assert (results.faults, results.answered, runs(proved)) == ([], 1, before)
    results = ran(proved, end.format("Ran 3 tests in 0.1s\n…"))
    assert (results.faults, results.answered, runs(proved)) == ([], 0, before + 1)
    results = ran(proved, end.format("NO"))
    assert (len(results.faults), results.answered, runs(proved)) == (1, 0, before + 2)


def test_what_is_typed_afterwards_may_need_what_it_leaves(proved: SiteCourse) -> None:
    before = runs(proved)
    results = ran(proved, block("make test", "cat left.data"))
    assert (results.faults, results.answered, runs(proved)) == ([], 0, before + 1)
    results = ran(proved, block("make test") + "\n" + block("python -m tabnanny app.py"))
    assert (results.faults, results.answered, runs(proved)) == ([], 2, before + 1)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("echo '# more' >>app.py", 0),
        ("echo 'more = 1' >more.py", 0),
        ("mkdir -p lib && cd lib && cd .. && echo 1 >lib/x.py", 0),
        ("git rm -q --cached old.txt && git commit -q -m Gone", 0),
        ("export MODE=bad", 1),
        ("rm -rf .git", 0),
        ('touch "$VIRTUAL_ENV/bin/more"', 0),
    ],
)
def test_a_copy_that_is_not_the_step_any_more(proved: SiteCourse, typed: str, code: int) -> None:
    before = runs(proved)
    words = f' exit="{code}"' if code else ""
    text = block(typed) + "\n" + block("python -m unittest --verbose test_app", words=words)
    results = ran(proved, text)
    assert (results.faults, results.answered, runs(proved)) == ([], 0, before + 1)


def test_a_shell_in_another_folder(proved: SiteCourse) -> None:
    results = ran(proved, block("mkdir other.data", "cd other.data", "make test || true"))
    assert (results.faults, results.answered) == ([], 0)
    text = block("mkdir other.data", "cd other.data") + block("make test", words=' exit="2"')
    assert ran(proved, text).faults == []
    # Git ignores the folder: nothing but where the shell is tells it from the step.
    text = block("mkdir other.data", "cd other.data") + block("python -m tabnanny app.py")
    assert ran(proved, text).answered == 0


def test_a_configuration_that_was_changed(proved: SiteCourse) -> None:
    proved.write("steps/course.toml", proved_catalogue(proved))
    prove(proved)
    front = FRONT.replace("step: first", "step: first\nbefore-console: env migrate")
    assert ran(proved, block("make test"), front).answered == 1
    assert ran(proved, block("echo 2 >db.sqlite3", "make test"), front).answered == 1
    assert ran(proved, block("echo 2 >env.data", "make test"), front).answered == 0
    # Without it the copy is another one than that of `course verify`.
    assert ran(proved, block("make test")).answered == 0


def proved_catalogue(course: SiteCourse) -> str:
    """Return the catalogue with a configuration, and a database."""
    text = (course.root / "steps/course.toml").read_text()
    write = "import pathlib; pathlib.Path('{}').write_text('1')"
    env = f'env = "python -c \\"{write.format("env.data")}\\""\n'
    migrate = f'migrate = "python -c \\"{write.format("db.sqlite3")}\\""\n'
    return text.replace("install = []", f"install = []\n{env}{migrate}") + (
        '\n[defaults]\ndatabase = "db.sqlite3"\n'
    )


@pytest.mark.parametrize(
    "typed",
    ["make unknown", "make nothing", "make broken", "make", "ls *.py", "cat app.py | wc -l"],
)
def test_what_verify_did_not_run(proved: SiteCourse, typed: str) -> None:
    results = ran(proved, block(f"{typed} || true"))
    assert (results.faults, results.answered) == ([], 0)
    assert ran(proved, block(typed)).answered == 0


def test_what_is_typed_at_a_prompt_runs(proved: SiteCourse) -> None:
    results = ran(proved, block("python -m tabnanny app.py  # type: yes"))
    assert (results.faults, results.run, results.answered) == ([], 1, 0)


def changed_setting(course: SiteCourse, _: pytest.MonkeyPatch) -> None:
    """Another time limit."""
    text = (course.root / "steps/course.toml").read_text()
    course.write("steps/course.toml", f"{text}\n[defaults]\ntimeout = 77\n")


def changed_file(course: SiteCourse, _: pytest.MonkeyPatch) -> None:
    """Another content, as of a lock."""
    course.write("steps/01-first/app.lock", "lock = 3\n")


def changed_command(course: SiteCourse, _: pytest.MonkeyPatch) -> None:
    """Another command of the same check."""
    line = '"python -m unittest --verbose test_app"'
    course.replace("steps/course.toml", line, f'[{line}, "python --version"]')


def changed_environment(_: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another interpreter."""
    real = environments.key
    monkeypatch.setattr(environments, "key", lambda *given: f"{real(*given)[:-1]}x")


def changed_tool(_: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another tool."""
    monkeypatch.setattr(check_results, "tool_hash", lambda: "another tool")


CHANGES = [changed_setting, changed_file, changed_command, changed_environment, changed_tool]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_believed_after_a_change(
    proved: SiteCourse, monkeypatch: pytest.MonkeyPatch, change: object
) -> None:
    assert callable(change)
    assert ran(proved, block("make test")).answered == 1
    change(proved, monkeypatch)
    before = runs(proved)
    text = block("make test", "make test")
    results = ran(proved, text)
    assert (results.faults, results.answered, runs(proved)) == ([], 0, before + 2)


def test_a_failed_check_answers_nothing(proved: SiteCourse) -> None:
    proved.replace("steps/01-first/test_app.py", "assertNotEqual", "assertEqual")
    chain = proved.site.chain
    link = chain.find("first")
    small_course.verify(chain, [link], jobs=1)
    with Workspace() as space:
        assert "python -m unittest --verbose test_app" not in verified_answers.known(
            chain, link, space
        )


def test_poetry_that_does_not_work_is_seen(
    proved: SiteCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    poetry = programs / "poetry"
    real = environments.variables
    monkeypatch.setattr(
        environments,
        "variables",
        lambda *given: real(*given) | {"PATH": f"{programs}:{real(*given)['PATH']}"},
    )
    typed = "poetry run python -m unittest --verbose test_app"
    poetry.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    poetry.chmod(0o755)
    before = runs(proved)
    results = ran(proved, block(typed, typed))
    assert (results.faults, results.answered, runs(proved)) == ([], 2, before)
    poetry.write_text("#!/bin/sh\necho no pyproject\nexit 1\n")
    (fault,) = ran(proved, block(typed) + "\n").faults + proved.run_consoles().faults[1:]
    assert "no pyproject" in fault.problem
    poetry.write_text('#!/bin/sh\necho warning\nshift\nexec "$@"\n')
    results = ran(proved, f"```console\n$ {typed}\nwarning\n…\n```\n")
    assert (results.faults, results.answered, runs(proved)) == ([], 0, before + 1)


def test_a_linter_that_looked_at_some_files_is_known_to_pass_but_not_to_print(
    proved: SiteCourse,
) -> None:
    course = proved
    table = '[[commands.lint_by_file]]\ncommand = "python -m tabnanny app.py"\n\n'
    course.replace("steps/course.toml", "[[part]]", f"{table}[[part]]")
    prove(course)
    course.write("steps/01-first/app.py", "NAME = 1\n")
    course.page("steps/first.md", "# First\n")
    prove(course)
    assert ran(course, block("python -m tabnanny app.py")).answered == 1
    shown = "```console\n$ python -m tabnanny app.py\n…\n```\n"
    results = ran(course, shown)
    assert results.answered == 0


def test_what_is_left_out_and_put_in() -> None:
    def facts(*entries: dict[str, str]) -> dict[str, object]:
        return {kept_output.PRINTED: list(entries)}

    assert kept_output.of_facts({}) == {}
    assert kept_output.of_facts(facts({"command": "a", "output": "1"}, {"command": "b"})) == {
        "a": "1",
        "b": None,
    }
    two = facts({"command": "a", "output": "1"}, {"command": "a", "output": "2"})
    assert kept_output.of_facts(two) == {"a": None}


def test_a_line_that_names_the_results_is_left_out(tmp_path: Path) -> None:
    from course.catalogue import Command

    log, folder, xml = tmp_path / "log", tmp_path / "copy", tmp_path / "r.xml"
    log.write_text(f"before\n$ it\none\n-- wrote {xml} --\nin {folder}\n")
    command = Command.parse("OPTIONS='--to {results}' it --also={results} now")
    assert command.uses("results")
    found = kept_output.record(command, log, len("before\n"), folder, xml)
    assert found == {"command": "it now", "output": f"one\nin {kept_output.FOLDER}\n"}


def test_nothing_known_of_a_step(course: SiteCourse) -> None:
    chain: Chain = course.site.chain
    with Workspace() as space:
        assert verified_answers.known(chain, chain.find("first"), space) == {}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ""),
        (1, ", 1 command answered by what `course verify` printed"),
        (2, ", 2 commands answered by what `course verify` printed"),
    ],
)
def test_how_many_were_answered_is_said(count: int, said: str) -> None:
    assert docs._answered(count) == said
