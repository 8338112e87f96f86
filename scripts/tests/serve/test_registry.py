"""What is served ends with the program that serves it, however that ends, or by `course stop`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from tests import small_course
from tests.serve.test_step_server import fetch, program, wait_for
from tests.small_course import SmallCourse

from course import processes, services
from course.commands.stop import stop as verb
from course.errors import CourseError
from course.serve import registry

SLEEP = "import time; time.sleep(600)"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path)


@pytest.fixture(autouse=True)
def no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test look for real services: another test may have some."""
    monkeypatch.setattr(services, "down", lambda names, state: [])


def family(pid: int) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """Return the guard of a run, and its other children."""
    found = psutil.Process(pid).children(recursive=True)
    guards = [process for process in found if "process_guard.py" in " ".join(process.cmdline())]
    return guards, [process for process in found if process not in guards]


def ended(processes_: list[psutil.Process]) -> bool:
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes_
    )


def kill(*found: psutil.Process) -> None:
    for process in found:
        process.kill()
    # Nobody may ask for the exit code of a guard: it stays as a zombie, which is not waited for.
    wait_for(lambda: ended([*found]))


@contextmanager
def sleeper(**variables: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", SLEEP], env={**os.environ, **variables})
    try:
        yield child
    finally:
        child.kill()
        child.wait(30)


def note(course: SmallCourse, pid: int, **changed: object) -> Path:
    """Write the file of a run for a process, true but for what is changed."""
    process = psutil.Process(pid)
    data = {
        "pid": pid,
        "created": process.create_time(),
        "argv": process.cmdline(),
        "mark": "1-1",
        "within": "",
        "what": "course run made-up",
    }
    file = course.repository.state_folder("running") / f"{pid}.json"
    file.write_text(json.dumps(data | changed))
    return file


def say_stop(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(verb)
    if done.exception:
        raise done.exception
    return done.output


def test_the_server_of_a_run_that_is_killed_ends_by_itself(course: SmallCourse) -> None:
    with program(course, "1") as (child, address):
        guards, servers = family(child.pid)
        assert len(guards) == 1 and servers and fetch(address)
        child.kill()
        child.wait(30)
        wait_for(lambda: ended([*guards, *servers]))
    done = course.run("run", "1", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("with_file", [True, False])
def test_the_next_run_ends_what_a_run_left_that_was_killed_with_its_guard(
    course: SmallCourse, with_file: bool
) -> None:
    with program(course, "1") as (child, address):
        guards, servers = family(child.pid)
        kill(*guards)
        kill(psutil.Process(child.pid))
        assert address and not ended(servers)
    files = list((course.repository.state / "running").glob("*.json"))
    assert len(files) == 1
    if not with_file:
        files[0].unlink()
    done = course.run("run", "1", "--check")
    assert done.returncode == 0 and address in done.stdout
    assert "ended what was left of an earlier run that was killed: " in done.stderr
    assert ended(servers) and not list(files[0].parent.glob("*.json"))


def test_stop_ends_a_run_from_elsewhere_and_says_which(course: SmallCourse) -> None:
    with program(course, "2") as (child, address):
        everyone = [process for part in family(child.pid) for process in part]
        again = course.run("run", "2")
        assert again.returncode == 1 and "course stop" in again.stderr
        done = course.run("stop")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"ended: course run 2 (process {child.pid})\n"
        assert child.wait(60) == 130 and ended(everyone)
    assert course.run("stop").stderr == "nothing was running\n"


def test_stop_ends_what_was_left_and_names_it(course: SmallCourse) -> None:
    with program(course, "1") as (child, _):
        guards, servers = family(child.pid)
        kill(*guards)
        kill(psutil.Process(child.pid))
    assert course.run("stop").stdout == "ended: course run 1\n"
    assert ended(servers)


def test_another_process_that_has_the_number_now_is_left_alone(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sleeper() as other:
        file = note(course, other.pid, created=1.0, argv=["another"])
        assert "nothing was running" in say_stop(course, monkeypatch)
        assert other.poll() is None and not file.exists()


def test_a_clock_that_was_set_does_not_hide_a_run(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sleeper() as child:
        note(course, child.pid, created=1.0)
        assert f"ended: course run made-up (process {child.pid})" in say_stop(course, monkeypatch)
        assert child.wait(30) is not None


def test_what_was_started_by_another_run_is_not_told_twice(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sleeper() as outer, sleeper() as inner:
        note(course, outer.pid, mark="2-2", what="course start")
        note(course, inner.pid, mark="3-3", within="2-2", what="course docs serve")
        said = say_stop(course, monkeypatch)
        assert said == f"ended: course start (process {outer.pid})\n"
        assert None not in (outer.wait(30), inner.wait(30))


def test_a_run_that_does_not_end_when_it_is_asked_is_killed(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_GRACE", 0.2)
    code = f"import signal; signal.signal(15, signal.SIG_IGN); print('x', flush=True); {SLEEP}"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
    note(course, child.pid)
    say_stop(course, monkeypatch)
    assert child.wait(30) is not None


def test_a_run_of_another_user_is_said(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    with sleeper() as child:
        note(course, child.pid)
        with monkeypatch.context() as patch:
            patch.setattr(psutil.Process, "terminate", refused)
            with pytest.raises(CourseError, match=f"process {child.pid} belongs to "):
                say_stop(course, monkeypatch)
            patch.setattr(psutil.Process, "create_time", refused)
            assert registry.known(course.repository)[0].process() is None


def test_one_that_ends_meanwhile_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    with sleeper() as child:
        process = psutil.Process(child.pid)
        child.kill()
        child.wait(30)
        registry._end(process)


def test_a_zombie_is_no_run(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    with sleeper() as child:
        note(course, child.pid)
        run = registry.known(course.repository)[0]
        monkeypatch.setattr(psutil.Process, "status", lambda self: psutil.STATUS_ZOMBIE)
        assert run.process() is None


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"pid": "x"}'])
def test_a_file_that_is_none_of_ours_is_passed_over(course: SmallCourse, content: bytes) -> None:
    (course.repository.state_folder("running") / "1.json").write_bytes(content)
    assert registry.known(course.repository) == []


def test_services_are_ended_too(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "down", lambda names, state: ["mail"])
    assert say_stop(course, monkeypatch) == "ended: mail (a service)\n"


def test_the_site_is_ended_by_stop_as_well(course: SmallCourse) -> None:
    with registry.recorded(course.repository, "course docs serve"):
        [run] = registry.known(course.repository)
        assert (run.pid, run.mark, run.what) == (
            os.getpid(),
            processes.run_name(),
            "course docs serve",
        )
        # Nobody stops itself.
        assert registry.stop(course.repository) == []
    assert registry.known(course.repository) == []


def test_a_run_is_known_to_go_on_or_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes.is_living(processes.run_name())
    assert not processes.is_living(f"{os.getpid()}-1")
    assert not processes.is_living("none of ours") and not processes.is_living("")

    def refused(self: psutil.Process) -> str:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "status", refused)
    assert processes.is_living(processes.run_name())


def test_the_guard_goes_with_the_run_and_comes_with_its_next_child(tmp_path: Path) -> None:
    processes.run([sys.executable, "-c", ""], cwd=tmp_path, env=dict(os.environ), timeout=60)
    first = processes._guard
    assert first is not None and first.poll() is None
    processes.end_all()
    assert first.poll() is not None
    processes.resume()
    processes.run([sys.executable, "-c", ""], cwd=tmp_path, env=dict(os.environ), timeout=60)
    assert processes._guard is not None and processes._guard.pid != first.pid


def test_the_guard_ends_what_bears_the_mark_and_nothing_else() -> None:
    guard = [sys.executable, "-I", str(processes._GUARD), "77-77"]
    with sleeper(COURSE_RUN="77-77") as marked, sleeper(COURSE_RUN="78-78") as other:
        subprocess.run(guard, input=b"", check=True, timeout=60)
        assert marked.wait(30) == -9
        assert other.poll() is None
