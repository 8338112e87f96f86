"""``course containers``: a step's own checks of its containers, as it is and with planted faults.

The engine is a stand-in that keeps names in files. What the checks run is a small program of the
step, which makes a container, a volume and an image of its own, and leaves them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests import small_course
from tests.small_course import SmallCourse

from course import catalogue, processes
from course.browser_tests import cypress
from course.commands.containers import containers
from course.containers import engine, suites
from course.errors import CourseError
from course.install import npm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its programs are scripts")

# Each kind of thing is a file with a name in each line.
DOCKER = """#!{python}
import pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
if (here / "away").exists():
    sys.exit("Cannot connect to the Docker daemon.")
if words[0] == "version":
    sys.exit(print("26.1"))
kind = "container" if words[0] in ("ps", "rm", "run") else words[0]
file = here / kind
names = file.read_text().split() if file.exists() else []
if words[0] == "ps" or "ls" in words:
    print(*names, sep="\\n")
elif "rm" in words:
    file.write_text(" ".join(name for name in names if name not in words))
    with open(here / "removed", "a") as removed:
        print(kind, *words, file=removed)
else:
    file.write_text(" ".join([*names, words[-1]]))
"""
SUITE = """import os, pathlib, subprocess, sys, time
project = os.environ["COMPOSE_PROJECT_NAME"]
subprocess.run(["docker", "run", project + "-web-1"], check=True)
subprocess.run(["docker", "volume", "create", project + "_data"], check=True)
subprocess.run(["docker", "image", "tag", project + "-web:latest"], check=True)
print("asked:", *sys.argv[1:], os.environ.get("WORD", ""), os.environ["DOCKER_HOST"])
if pathlib.Path("slow").exists():
    time.sleep(60)
if "user 0" in pathlib.Path("image.txt").read_text():
    print("\\x1b[31mFAILED\\x1b[0m the user is root")
    sys.exit(1)
"""
FAULT = {"path": "image.txt", "old": "user 10001", "new": "user 0", "says": "FAILED the user"}


def check(**other: Any) -> dict[str, Any]:
    words = "WORD=word python suite.py all"
    return {"title": "image", "command": words, "planted": [FAULT], **other}


@dataclass
class Bench:
    """A course whose second step has a check, and the folder of the stand-in."""

    course: SmallCourse
    folder: Path

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(containers, words)

    def names(self, kind: str) -> list[str]:
        file = self.folder / kind
        return file.read_text().split() if file.exists() else []

    def log(self, colour: str) -> str:
        folder = self.course.repository.state_folder("logs")
        return (folder / f"containers-02-notes-1-{colour}.log").read_text()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(DOCKER.replace("{python}", small_course.PYTHON))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_HOST", "unix:///engine.sock")
    course = small_course.make(tmp_path / "course", steps=2)
    course.write("02-notes", "suite.py", SUITE)
    course.write("02-notes", "image.txt", "from python\nuser 10001\n")
    course.set("02-notes", containers=[check()])
    monkeypatch.chdir(course.root)
    return Bench(course, folder)


def test_check_passes_as_it_is_and_fails_with_each_fault(bench: Bench) -> None:
    done = bench.run()
    assert done.exit_code == 0, done.output
    assert "✓ 02-notes  image" in done.output and "red in " in done.output
    assert "asked: all word unix:///engine.sock" in bench.log("green")
    assert "the user is root" in bench.log("red-1")


def test_fault_may_have_a_shorter_command(bench: Bench) -> None:
    fault = {**FAULT, "command": "python suite.py user"}
    bench.course.set("02-notes", containers=[check(planted=[fault])])
    assert bench.run().exit_code == 0
    assert "asked: all" in bench.log("green") and "asked: user" in bench.log("red-1")


LOOKS = """import os, pathlib, sys
assert "environments" in pathlib.Path(sys.prefix).parts
assert os.environ["ADDRESS"] == "http://127.0.0.1:" + os.environ["WEB_PORT"]
assert os.environ["WEB_PORT"] != os.environ["MAIL_PORT"]
assert pathlib.Path("e2e/node_modules").resolve() == pathlib.Path({modules!r})
assert os.environ["CI"] == "1"
assert os.environ["CYPRESS_CACHE_FOLDER"] == "cache"
assert "user 10001" in pathlib.Path("image.txt").read_text(), "FAILED the user"
"""


def browsing(bench: Bench, tmp_path: Path) -> None:
    """Let the check use a browser, which answers at a port that it is told."""
    modules = tmp_path / "node_modules"
    modules.mkdir()
    bench.course.write("02-notes", "looks.py", LOOKS.format(modules=str(modules)))
    bench.course.write("02-notes", "e2e/package.json", "{}\n")
    told = {
        "command": "python looks.py",
        "ports": ["WEB_PORT", "MAIL_PORT"],
        "variables": {"ADDRESS": "http://127.0.0.1:{WEB_PORT}"},
        "browser": "e2e",
    }
    bench.course.set("02-notes", containers=[check(**told)])


def test_check_is_told_free_ports_and_may_use_a_browser(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def installed(repository: object, files: Mapping[str, bytes]) -> cypress.Cypress:
        asked.append(files)
        return cypress.Cypress(tmp_path / "node_modules", {"CYPRESS_CACHE_FOLDER": "cache"})

    monkeypatch.setattr(cypress, "install", installed)
    browsing(bench, tmp_path)
    done = bench.run()
    assert (done.exit_code, asked[0]) == (0, {"package.json": b"{}\n"}), done.output


def test_without_a_browser_the_check_is_named_as_not_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> cypress.Cypress:
        raise npm.Unavailable("Cypress lacks libraries.", "apt-get install them")

    monkeypatch.setattr(cypress, "install", missing)
    browsing(bench, tmp_path)
    done = bench.run()
    assert done.exit_code == 0
    assert "NOT RUN 02-notes  image  Cypress lacks libraries." in done.output
    assert "→ apt-get install them" in done.output


def test_what_passed_is_remembered_until_the_step_or_the_check_changes(bench: Bench) -> None:
    bench.run()
    assert "= 02-notes  image  remembered: green in" in bench.run().output
    bench.course.write("02-notes", "more.py", "x = 1\n")
    assert "✓ 02-notes" in bench.run().output
    bench.course.set("02-notes", containers=[check(title="the image")])
    assert "✓ 02-notes  the image" in bench.run().output
    assert "✓ 02-notes" in bench.run("--fresh").output


def test_check_that_fails_is_shown_and_not_remembered(bench: Bench) -> None:
    bench.course.write("02-notes", "image.txt", "user 0\n")
    for _ in range(2):
        done = bench.run()
        assert done.exit_code == 1
        assert "✗ 02-notes  image  it fails:" in done.output
        assert "FAILED the user is root" in done.output and "\x1b" not in done.output


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"new": "user 10002"}, "it passes, although 'user 10002' is in image.txt."),
        ({"says": "FAILED the port"}, "when 'user 0' is in image.txt, it fails for another"),
        ({"old": "user 1000", "new": "user 0 1000"}, "it fails for another"),
        ({"old": "o"}, "a fault cannot be planted: image.txt has 'o' 2 times."),
        ({"path": "none.txt"}, "a fault cannot be planted: none.txt has 'user 10001' 0 times."),
    ],
)
def test_fault_that_is_not_found_for_its_reason_is_wrong(
    bench: Bench, fault: dict[str, str], said: str
) -> None:
    if "user 0 1000" in fault.values():
        fault["says"] = "never printed"
    bench.course.set("02-notes", containers=[check(planted=[FAULT, {**FAULT, **fault}])])
    done = bench.run()
    assert done.exit_code == 1
    assert said in done.output


def test_everything_that_a_run_leaves_is_taken_away_and_nothing_else(bench: Bench) -> None:
    (bench.folder / "container").write_text("course-of-somebody mine")
    bench.run()
    assert bench.names("container") == ["course-of-somebody", "mine"]
    assert bench.names("volume") == bench.names("image") == []
    assert "container rm --force --volumes course-" in (bench.folder / "removed").read_text()


def test_what_a_killed_run_left_is_taken_away_by_the_next_one(bench: Bench) -> None:
    living = f"{suites.PREFIX}{processes.run_name()}-abc-web-1"
    (bench.folder / "container").write_text(f"course-999999-1-abc-web-1 {living}")
    (bench.folder / "volume").write_text("course-999999-1-abc_data")
    bench.run()
    assert bench.names("container") == [living]
    assert bench.names("volume") == []


def test_after_ctrl_c_nothing_is_left(bench: Bench) -> None:
    bench.course.write("02-notes", "slow", "")
    argv = [sys.executable, "-m", "course", "containers"]
    run = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while not bench.names("image") and time.monotonic() < deadline and run.poll() is None:
        time.sleep(0.05)
    assert bench.names("container") and bench.names("image")
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert (run.returncode, b"stopped" in output) == (130, True)
    assert bench.names("container") == bench.names("volume") == bench.names("image") == []


def test_run_that_takes_too_long_is_ended_and_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.course.write("02-notes", "slow", "")
    monkeypatch.setattr(suites, "_TIMEOUT", 1.5)
    done = bench.run()
    assert (done.exit_code, "was not done after" in done.output) == (1, True)
    assert bench.names("container") == []


def test_program_that_is_missing_fails_the_check(bench: Bench) -> None:
    bench.course.set("02-notes", containers=[check(command="no-such-program")])
    done = bench.run()
    assert (done.exit_code, "cannot start no-such-program" in done.output) == (1, True)


def test_configuration_is_written_first_and_its_failure_is_told(bench: Bench) -> None:
    bench.course.set("02-notes", env='python -c \'open("slow.txt", "w").write("x")\'')
    bench.course.write("02-notes", "suite.py", 'assert open("slow.txt").read() == "x"\n' + SUITE)
    assert bench.run().exit_code == 0
    bench.course.set("02-notes", env="python -c 'raise SystemExit(\"no template\")'")
    done = bench.run()
    assert (done.exit_code, "no template" in done.output) == (1, True)


def test_without_an_engine_the_check_is_named_as_not_run(bench: Bench) -> None:
    (bench.folder / "away").touch()
    done = bench.run()
    assert done.exit_code == 0
    assert "NOT RUN 02-notes  image" in done.output
    assert "Cannot connect to the Docker daemon." in done.output


def test_client_that_vanishes_or_hangs_removes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = engine.find()
    (bench.folder / "docker").unlink()
    found.forget_killed(suites.PREFIX)
    (bench.folder / "docker").write_text("#!/bin/sh\nsleep 60\n")
    (bench.folder / "docker").chmod(0o755)
    monkeypatch.setattr(engine, "_REMOVAL_TIMEOUT", 0.1)
    found.forget_killed(suites.PREFIX)


def test_check_without_a_fault_is_refused(bench: Bench) -> None:
    bench.course.set("02-notes", containers=[check(planted=[])])
    with pytest.raises(CourseError, match="planted"):
        catalogue.read(bench.course.root / "steps" / "course.toml")
