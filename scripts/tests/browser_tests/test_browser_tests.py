"""``course browser-tests``: green as the step is, red with each fault, and never passed over.

Cypress is a stand-in: a script of the step that asks its server for the greeting, as a browser
would. The server, its worker and the copies are real.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests import small_course
from tests.small_course import SmallCourse

from course.browser_tests import cypress
from course.commands.browser_tests import browser_tests
from course.errors import CourseError
from course.install import npm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and signals of POSIX")

LOOK = """import os
import pathlib
import sys
import time
import urllib.request

with urllib.request.urlopen(os.environ["BASE_URL"], timeout=10) as response:
    text = response.read().decode()
while not pathlib.Path("worker").exists():
    time.sleep(0.01)
print("\\x1b[31mlooked\\x1b[0m at", text, os.environ["CYPRESS_CACHE_FOLDER"])
assert pathlib.Path("e2e/node_modules/cypress").is_dir()
if "Hello" not in text:
    print("no greeting")
    print("  (Results)")
    print("a box")
    sys.exit(1)
"""
WORKER = """import os
import pathlib
import time

pathlib.Path("worker").write_text(os.environ["BASE_URL"])
time.sleep(60)
"""
FAULT = {
    "what": "nobody is greeted",
    "path": "greeting.py",
    "old": "Hello",
    "new": "Bye",
    "says": "no greeting",
}


def declared(**other: Any) -> dict[str, Any]:
    return {
        "folder": "e2e",
        "command": "python look.py",
        "variables": {"BASE_URL": "{url}/"},
        "planted": [FAULT],
        **other,
    }


@dataclass
class Bench:
    """A course whose second step has browser tests, and what its stand-in for Cypress was given."""

    course: SmallCourse
    given: list[Mapping[str, bytes]]

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(browser_tests, words)

    def log(self, done: Result) -> str:
        name = next(line for line in done.output.splitlines() if "→ read" in line).split()[-1]
        return (self.course.root / name).read_text()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    course = small_course.make(tmp_path / "course", steps=2)
    for name, text in (("look.py", LOOK), ("worker.py", WORKER), ("e2e/package.json", "{}\n")):
        course.write("02-notes", name, text)
    course.set("02-notes", browser=declared(), beside="python worker.py")
    modules = tmp_path / "node_modules"
    (modules / "cypress").mkdir(parents=True)
    given: list[Mapping[str, bytes]] = []

    def install(_: object, files: Mapping[str, bytes]) -> cypress.Cypress:
        given.append(files)
        return cypress.Cypress(modules, {"CYPRESS_CACHE_FOLDER": "/cache"})

    monkeypatch.setattr(cypress, "install", install)
    monkeypatch.chdir(course.root)
    return Bench(course, given)


def test_step_is_looked_at_as_it_is_and_with_what_is_planted(bench: Bench) -> None:
    done = bench.run()
    assert done.exit_code == 0, done.output
    assert "✓ 02-notes" in done.output
    assert "green in " in done.output and "with 1 planted fault;" in done.output
    assert bench.given == [{"package.json": b"{}\n"}]
    logs = bench.course.root / ".course" / "logs"
    assert "Hello, world!" in (logs / "browser-tests-02-notes-green.log").read_text()
    assert "Bye, world!" in (logs / "browser-tests-02-notes-red-1.log").read_text()


def test_what_passed_is_remembered_until_its_step_changes(bench: Bench) -> None:
    bench.run()
    assert "= 02-notes" in bench.run().output
    bench.course.write("01-greeting", "more.py", "x = 1\n")
    assert "= 02-notes" in bench.run().output
    bench.course.write("02-notes", "more.py", "x = 1\n")
    assert "✓ 02-notes" in bench.run("02").output
    bench.course.set("02-notes", serve="python -B server.py {host} {port}")
    assert "✓ 02-notes" in bench.run("02").output
    assert "✓ 02-notes" in bench.run("--fresh").output


def test_tests_that_fail_are_shown_with_their_last_lines_and_not_remembered(bench: Bench) -> None:
    bench.course.edit("02-notes", "greeting.py", "Hello", "Good day")
    bench.course.set("02-notes", browser=declared(planted=[FAULT | {"old": "Good day"}]))
    done = bench.run()
    assert done.exit_code == 1
    assert "✗ 02-notes  they fail:" in done.output
    assert "no greeting" in done.output and "a box" not in done.output
    assert "\x1b" not in done.output
    assert "a box" in bench.log(done)
    assert "✗ 02-notes" in bench.run().output


def test_tests_that_pass_whatever_is_wrong_are_wrong(bench: Bench) -> None:
    bench.course.write("02-notes", "look.py", "print('all is well')\n")
    done = bench.run()
    assert done.exit_code == 1
    assert "they pass, although nobody is greeted." in done.output


def test_tests_that_fail_for_another_reason_are_wrong(bench: Bench) -> None:
    bench.course.set("02-notes", browser=declared(planted=[FAULT | {"says": "something else"}]))
    done = bench.run()
    assert done.exit_code == 1
    assert "when nobody is greeted, they fail for another reason" in done.output


@pytest.mark.parametrize("fault", [{"old": "Farewell"}, {"old": "e"}, {"path": "gone.py"}])
def test_fault_that_cannot_be_planted_is_named(bench: Bench, fault: dict[str, str]) -> None:
    bench.course.set("02-notes", browser=declared(planted=[FAULT | fault]))
    done = bench.run()
    assert done.exit_code == 1
    assert "a fault cannot be planted" in done.output


def test_server_that_does_not_start_and_program_that_is_missing_are_named(bench: Bench) -> None:
    bench.course.set("02-notes", serve="python gone.py")
    done = bench.run()
    assert (done.exit_code, "the server does not run" in done.output) == (1, True)
    assert "gone.py" in bench.log(done)
    bench.course.set("02-notes", serve=small_course.COMMANDS["serve"], migrate="python gone.py")
    assert "gone.py" in bench.run().output
    bench.course.set("02-notes", migrate="python migrate.py", browser=declared(command="no-such"))
    assert "there is no program no-such." in bench.run().output


def test_fault_may_name_the_tests_that_find_it(bench: Bench) -> None:
    bench.course.write("02-notes", "part.py", "raise SystemExit('no greeting, says a part')\n")
    fault = FAULT | {"command": "python part.py", "says": "says a part"}
    bench.course.set("02-notes", browser=declared(planted=[fault]))
    assert "✓ 02-notes" in bench.run().output


def test_tests_that_take_too_long_are_ended_and_said(bench: Bench) -> None:
    bench.course.write("02-notes", "look.py", "import time\ntime.sleep(60)\n")
    bench.course.set("02-notes", timeout=2)
    done = bench.run()
    assert (done.exit_code, "were not done after" in done.output) == (1, True)


def test_step_whose_cypress_cannot_run_here_is_named_and_another_fault_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> Any:
        raise npm.Unavailable("Xvfb is missing.", "apt-get install xvfb")

    monkeypatch.setattr(cypress, "install", missing)
    done = bench.run()
    assert (done.exit_code, "NOT RUN 02-notes" in done.output) == (0, True)
    assert "→ apt-get install xvfb" in done.output

    def broken(*_: object) -> Any:
        raise CourseError("its lock is not there.", "npm install")

    monkeypatch.setattr(cypress, "install", broken)
    done = bench.run()
    assert (done.exit_code, "its lock is not there." in done.output) == (1, True)


def test_steps_without_browser_tests_need_no_cypress(bench: Bench) -> None:
    assert "No step that you name has browser tests." in bench.run("01").output
    assert not bench.given
