"""The six proofs: each is given when all is well, and each can fail.

The emulated AWS is a stand-in: a small program takes the place of the CLI, and changes a file that
says what is deployed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import small_course

from course import processes
from course.catalogue import Deployment
from course.containers.engine import Engine
from course.emulation import failure_logs, front, image, proofs
from course.emulation.emulator import Emulator
from course.emulation.load import Load
from course.emulation.proofs import Proof, Runner
from course.emulation.state import State
from course.emulation.versions import Copy
from course.planted_faults import Wrong
from course.workspace import Workspace

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its programs are scripts")

# What `cdk` and the commands of the step do here. `fault` names what goes wrong.
CLI = """#!{python}
import json, pathlib, sys
cloud = pathlib.Path({cloud!r})
found = json.loads(cloud.read_text())
verb, fault = sys.argv[1], found["fault"]
version = pathlib.Path("version.txt")
text = version.read_text() if version.exists() else ""
if verb == "bootstrap":
    found["left"]["roles"] = ["cdk"]
elif verb == "destroy":
    found["left"]["roles"] = ["cdk", "forgotten"] if fault == "forgets a role" else ["cdk"]
elif verb == "deploy":
    image, tasks = text.split()[0], found["state"]["tasks"]
    if "migration" in text and fault != "ignores migrations":
        found["state"]["stacks"]["site"] = "UPDATE_ROLLBACK_COMPLETE"
        if fault == "replaces all the same":
            tasks[:] = [dict(task, name=task["name"] + "x") for task in tasks]
        if fault == "forgets the roll-back":
            found["state"]["stacks"]["site"] = "UPDATE_FAILED"
    elif "dies" in text and fault != "ignores deaths":
        if fault == "stays dead":
            tasks[1]["image"] = "dead"
    elif fault != "deploys nothing" or not tasks:
        ended = 9.0 if fault == "starts too early" else 2.0
        code = 1 if fault == "migrates badly" else 0
        one = dict(reason="", service="", image=image)
        tasks[:] = [
            dict(one, name="m" + image, status="STOPPED", created=1.0, stopped=ended, code=code),
            dict(one, name="w" + image, service="web", status="RUNNING", created=3.0,
                 stopped=None, code=None),
        ]
        if fault == "migrates nothing":
            del tasks[0]
    cloud.write_text(json.dumps(found))
    if "migration" in text or "dies" in text:
        print("another reason" if fault == "fails otherwise" else "says " + text)
        sys.exit(fault != ("ignores deaths" if "dies" in text else "ignores migrations"))
elif verb == fault:
    sys.exit("it does not " + verb)
cloud.write_text(json.dumps(found))
"""
DEPLOYMENT = Deployment.model_validate(
    {
        "deploy": "cdk deploy {aws}",
        "destroy": "cdk destroy",
        "host": "site.example:443",
        "paths": ["/"],
        "publish": "cdk publish",
        "work": "cdk work",
        "logs": {"beat": "sent"},
        "first": [{"path": "version.txt", "old": "zero", "new": "one"}],
        "second": {
            "changes": [{"path": "version.txt", "old": "one", "new": "two"}],
            "page": "/",
            "text": "two",
        },
        "failing_migration": {
            "changes": [{"path": "version.txt", "old": "two", "new": "two migration"}],
            "says": "migration",
        },
        "dying": {
            "changes": [{"path": "version.txt", "old": "two", "new": "two dies"}],
            "says": "dies",
        },
    }
)


@dataclass(frozen=True)
class Cloud(Emulator):
    """An emulated AWS that is a file."""

    file: Path = Path()

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def state(self) -> State:
        told = self.read()
        running = 0 if told["fault"] == "never settles" else 1
        web = {"name": "web", "running": running, "desired": 1, "rollout": "COMPLETED"}
        return State.of({**told["state"], "services": [web]})

    def logs(self) -> list[tuple[str, str]]:
        said = "nothing" if self.read()["fault"] == "beat is silent" else "task sent"
        return [("web/1", "sent"), ("beat/1", said)]

    def left(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.read()["left"]
        return found


@dataclass
class Bench:
    """A runner over the stand-in, and what it told."""

    runner: Runner
    file: Path
    told: list[Proof]

    def prove(self, fault: str = "") -> None:
        state = {"stacks": {"site": "UPDATE_COMPLETE"}, "tasks": []}
        self.file.write_text(json.dumps({"fault": fault, "left": {}, "state": state}))
        self.runner.prove()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder, programs, home = (tmp_path / name for name in ("copy", "programs", "home"))
    for made in (folder, programs, home):
        made.mkdir()
    (folder / "version.txt").write_text("zero")
    file = tmp_path / "cloud.json"
    program = programs / "cdk"
    program.write_text(CLI.format(python=small_course.PYTHON, cloud=str(file)))
    program.chmod(0o755)
    cloud = Cloud(Engine("docker", "26"), "course-1-2-x", 1, "http://10.0.0.9:4566", {}, file)
    log = tmp_path / "log"
    log.write_bytes(b"")
    told: list[Proof] = []

    @contextmanager
    def visitors(*words: object) -> Iterator[Load]:
        disturbed = json.loads(file.read_text())["fault"] == "disturbs"
        yield Load(7, 0.5, ["/: 503"] if disturbed else [])

    def page(*words: object) -> str:
        old = json.loads(file.read_text())["fault"] == "shows the old"
        return "one" if old else "two"

    monkeypatch.setattr(proofs, "visitors", visitors)
    monkeypatch.setattr(front, "page", page)
    monkeypatch.setattr(proofs, "_AFTER", 0.0)
    monkeypatch.setattr(proofs, "_PAUSE", 0.0)
    monkeypatch.setattr(proofs, "_SETTLE_TIMEOUT", 0.05)
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "CDK_HOME": str(home)}
    runner = Runner(cloud, DEPLOYMENT, Copy(folder, log), env, told.append)
    return Bench(runner, file, told)


def test_all_six_are_proven_and_the_copy_is_the_second_version(bench: Bench) -> None:
    bench.prove()
    assert [proof.title for proof in bench.told] == [
        "first deployment",
        "second version under load",
        "failing migration",
        "version that dies when it starts",
        "worker and beat",
        "destroy",
    ]
    assert "the migrations ended 1.0 s before any service started" in bench.told[0].said
    assert "7 requests, 0 failed, the slowest took 0.5 s" in bench.told[1].said
    assert (bench.runner.copy.folder / "version.txt").read_text() == "two"
    log = bench.runner.copy.log.read_text()
    assert "── the failing migration\n$ cdk deploy '{aws}'\nsays two migration" in log


@pytest.mark.parametrize(
    "fault, proven, message",
    [
        ("never settles", 0, "did not settle: web runs 0 of 1 tasks"),
        ("migrates nothing", 0, "where are the migrations?"),
        ("migrates badly", 0, "a task by itself ended with 1"),
        ("starts too early", 0, "a service started 6.0 s before the migrations had ended"),
        ("publish", 0, "to publish failed: \n    it does not publish"),
        ("deploys nothing", 1, "the second version is not there: web"),
        ("shows the old", 1, "/ does not show 'two'"),
        ("disturbs", 1, "visitors were disturbed: 7 requests, 1 failed"),
        ("ignores migrations", 2, "the failing migration was deployed"),
        ("fails otherwise", 2, "failed, but for another reason: \n    another reason"),
        ("replaces all the same", 2, "yet tasks of the services were replaced"),
        ("forgets the roll-back", 2, "no stack was rolled back"),
        ("ignores deaths", 3, "the version that dies was deployed"),
        ("stays dead", 3, "the services do not run the one before"),
        ("work", 4, "the work failed"),
        ("beat is silent", 4, "no line of the logs of beat fits 'sent'"),
        ("forgets a role", 5, "something is left after the stack was destroyed: roles: forgotten"),
    ],
)
def test_what_is_not_so_is_said_and_ends_the_run(
    bench: Bench, fault: str, proven: int, message: str
) -> None:
    with pytest.raises(Wrong) as raised:
        bench.prove(fault)
    assert message in raised.value.message
    assert (len(bench.told), raised.value.log) == (proven, bench.runner.copy.log)


def test_command_that_takes_too_long_is_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "_TIMEOUT", 0.0)
    with pytest.raises(Wrong) as raised:
        bench.prove()
    assert "bootstrap was not done after" in raised.value.message


def test_program_that_is_missing_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    env: Mapping[str, str] = {**bench.runner.env, "PATH": "/nowhere"}
    bench.runner.env = env
    with pytest.raises(Wrong) as raised:
        bench.prove()
    assert "there is no program cdk" in raised.value.message


def test_nothing_is_waited_for_while_the_tool_is_being_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "stopping", lambda: True)
    with pytest.raises(processes.Interrupted):
        bench.runner._wait(0.0)


def test_commands_run_in_a_copy_and_are_told_where_all_is(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = small_course.make(tmp_path / "course", steps=1)
    cloud = bench.runner.emulator
    given = DEPLOYMENT.model_copy(update={"variables": {"SITE": "{url}/", "MAIL": "{mail}"}})
    runners: list[Runner] = []

    @contextmanager
    def running(*words: object) -> Iterator[Cloud]:
        yield Cloud(cloud.engine, "course-1-2-x", 1, "", {"mail": "http://mail"}, bench.file)

    bench.file.write_text(json.dumps({"fault": "", "left": {}, "state": {}}))
    monkeypatch.setattr(failure_logs, "running", running)
    monkeypatch.setattr(image, "cdk", lambda repository: tmp_path / "programs")
    monkeypatch.setattr(image, "build", lambda engine, folder: "image")
    monkeypatch.setattr(Emulator, "said", lambda emulator: "a request\n")
    monkeypatch.setattr(Runner, "prove", lambda runner: runners.append(runner))
    with Workspace() as space:
        link = course.chain.find("01")
        proofs.prove(course.chain, cloud.engine, space, link, given, bench.told.append)
        (runner,) = runners
        assert (runner.copy.folder / "greeting.py").is_file()
    assert runner.env["SITE"].startswith("http://127.0.0.1:")
    assert (runner.env["MAIL"], runner.env["AWS_ACCESS_KEY_ID"]) == ("http://mail", "test")
    assert runner.env["PATH"].startswith(f"{tmp_path / 'programs'}:")
    logs = course.repository.state_folder("logs")
    emulation = logs / "deploy-emulated-01-greeting.emulation.log"
    tasks = logs / "deploy-emulated-01-greeting.tasks.log"
    assert emulation.read_text() == "a request\n"
    assert "beat/1  task sent" in tasks.read_text()
