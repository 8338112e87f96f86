"""A run that is stopped ends every child and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import is_alive, left_in, passes, wait_for

from course import processes
from course.errors import CourseError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

SLOW = """import os
import pathlib
import subprocess
import sys
import time
import unittest


class Slow(unittest.TestCase):
    def test_slow(self):
        words = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(words, start_new_session=True)
        folder = pathlib.Path(TOLD)
        (folder / f"{os.getpid()}-{child.pid}.new").write_text("")
        time.sleep(600)
"""


class Running:
    """``course verify`` in the middle of a test that does not end.

    Attributes:
        program: the tool.
        children: the numbers of the processes that it started, and of those they started.
    """

    def __init__(self, course: SmallCourse, folder: Path) -> None:
        folder.mkdir()
        slow = SLOW.replace("TOLD", repr(str(folder)))
        course.write("01-greeting", "tests/test_slow.py", slow)
        self.program = subprocess.Popen(
            course.command("verify", "--jobs", "2"),
            cwd=course.root,
            env=course.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        wait_for(lambda: left_in(folder) or self.program.poll() is not None)
        [told] = left_in(folder)
        self.children = [int(word) for word in told.removesuffix(".new").split("-")]
        assert all(is_alive(pid) for pid in self.children)

    def stop(self, number: int) -> str:
        """Send a signal, wait for the end, and return what was printed."""
        self.program.send_signal(number)
        said, _ = self.program.communicate(timeout=60)
        return said


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """One step with tests."""
    return small_course.make(tmp_path, steps=1, final=False, only=["test"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_its_children_and_takes_its_copies_away(
    course: SmallCourse, tmp_path: Path, temporary: Path, number: int
) -> None:
    running = Running(course, tmp_path / "told")
    assert left_in(temporary)
    said = running.stop(number)
    assert running.program.returncode == 130
    assert said.splitlines()[-1] == "stopped"
    assert "Traceback" not in said
    assert not [pid for pid in running.children if is_alive(pid)]
    assert left_in(temporary) == []


def test_what_a_killed_run_left_is_swept_by_the_next(
    course: SmallCourse, tmp_path: Path, temporary: Path
) -> None:
    running = Running(course, tmp_path / "told")
    running.stop(signal.SIGKILL)
    assert left_in(temporary)
    assert all(is_alive(pid) for pid in running.children)
    course.delete("01-greeting", "tests/test_slow.py")
    passes(course)
    wait_for(lambda: not [pid for pid in running.children if is_alive(pid)], 10)
    assert left_in(temporary) == []


def test_passed_checks_of_a_stopped_run_are_remembered(course: SmallCourse, tmp_path: Path) -> None:
    running = Running(course, tmp_path / "told")
    running.stop(signal.SIGINT)
    results = course.repository.state / "results"
    assert len(left_in(results)) == 1  # the installation


STRAY = {
    "VIRTUAL_ENV": "/nowhere/venv",
    "DJANGO_SETTINGS_MODULE": "nowhere.settings",
    "PYTHONSTARTUP": "/nowhere/start.py",
    "PYTHONWARNINGS": "error",
    "UV_PYTHON": "2.7",
    "UV_PROJECT_ENVIRONMENT": "/nowhere/project",
    "GIT_DIR": "/nowhere/git",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_WORK_TREE": "/nowhere",
    "COURSE_AUDIT": "a\nb\nc\nd",
    "PYTHONHOME": sys.base_prefix,
}


def test_stray_variables_of_another_project_change_nothing(course: SmallCourse) -> None:
    course.write(
        "01-greeting",
        "tests/test_clean.py",
        "import os\nimport unittest\n\n\nclass Clean(unittest.TestCase):\n"
        "    def test_is_clean(self):\n"
        f"        stray = {sorted(STRAY)!r}\n"
        "        kept = {n: os.environ[n] for n in stray if 'nowhere' in os.environ.get(n, '')}\n"
        "        self.assertEqual(kept, {})\n"
        "        self.assertNotIn('UV_PYTHON', os.environ)\n"
        "        self.assertNotIn('PYTHONHOME', os.environ)\n"
        "        self.assertNotIn('nowhere', os.environ['PYTHONPATH'])\n",
    )
    path = course.variables()["PYTHONPATH"]
    done = course.run("verify", env={**STRAY, "PYTHONPATH": f"{path}{os.pathsep}/nowhere"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert course.git("status", "--short") == "?? steps/01-greeting/tests/test_clean.py"


def test_no_child_is_started_once_the_program_is_being_stopped(tmp_path: Path) -> None:
    processes.end_all()
    with pytest.raises(processes.Interrupted):
        processes.start([sys.executable], cwd=tmp_path, env={})
    assert processes.stopping()
    processes.resume()
    assert not processes.stopping()


def test_the_checks_of_a_run_in_this_process_are_ended_with_it(
    course: SmallCourse,
) -> None:
    def stop(_: object) -> None:
        raise CourseError("the display is gone")

    chain = course.chain
    with pytest.raises(CourseError, match="the display is gone"):
        small_course.verify(chain, list(chain.links), tell=stop)
    assert processes.stopping()
