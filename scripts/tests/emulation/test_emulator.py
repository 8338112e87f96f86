"""The emulated AWS in an engine, which is a stand-in that says what it was asked."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import small_course

from course.catalogue import Deployment
from course.containers import engine
from course.containers.engine import Unavailable
from course.emulation import emulator, image
from course.emulation.state import Task
from course.errors import CourseError
from course.install import npm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its programs are scripts")

DOCKER = """#!{python}
import json, pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
with open(here / "asked", "a") as asked:
    asked.write(json.dumps(words) + "\\n")
told = here / "told"
if words[0] == "version":
    print("26.1")
elif words[0] == "port":
    print("127.0.0.1:4711")
elif words[0] == "context":
    print("unix:///run/engine.sock")
elif words[0] == "logs":
    print("first\\nthe last line")
elif words[0] == "exec" and words[-2] == "emulated_aws.tell":
    print(json.loads(told.read_text())[words[-1]])
elif words[0] == "exec" and words[-2] == "emulated_aws.tokens":
    print(json.dumps({"given": 1, "waiting": 0, "taken": ["a job", words[-1]]}))
elif words[0] == "ps" and "--filter" not in words and (here / "tasks").exists():
    print((here / "tasks").read_text())
elif words[0] == "inspect":
    print(*(f"sha256:{name[-3:]} c0ffee" for name in words[3:]), sep="\\n")
elif words[0] == "ps" and "--quiet" in words:
    print("a-job")
elif words[0] == "ps" and "--filter" in words:
    name = words[words.index("--filter") + 1].removeprefix("name=^")
    print(name + "aws", name + "mail", name + "ecs-1", sep="\\n")
"""
DEPLOYMENT = Deployment.model_validate(
    {
        "deploy": "cdk deploy",
        "destroy": "cdk destroy",
        "variables": {"MAIL": "{mail}"},
        "host": "site.example:443",
        "paths": ["/"],
        "publish": "true",
        "work": "true",
        "companions": {"mail": {"image": "mailhog", "port": 8025}},
        "zones": {"site.example": "Z1"},
        "secrets": {"mail-url": "smtp://mail:1025"},
        "second": {"changes": [{"path": "a", "new": "b"}], "page": "/", "text": "b"},
        "failing_migration": {"changes": [{"path": "a", "new": "b"}], "says": "b"},
        "dying": {"changes": [{"path": "a", "new": "b"}], "says": "b"},
    }
)


@dataclass
class Bench:
    folder: Path

    @property
    def asked(self) -> list[list[str]]:
        lines = (self.folder / "asked").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def words(self, verb: str) -> list[str]:
        return [" ".join(words) for words in self.asked if words[0] == verb]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    program = tmp_path / "docker"
    program.write_text(DOCKER.replace("{python}", small_course.PYTHON))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(emulator, "_await_answer", lambda made: None)
    return Bench(tmp_path)


def test_all_is_named_for_the_run_and_reached_from_this_machine_alone(bench: Bench) -> None:
    with emulator.running(engine.find(), "image", DEPLOYMENT) as made:
        assert made.name.startswith("course-") and made.port == 4711
        assert made.inside == "http://169.254.170.2:4566"
        assert made.companions == {"mail": "http://127.0.0.1:4711"}
    mail, aws = bench.words("run")
    assert f"--name {made.name}-mail" in mail and mail.endswith("127.0.0.1::8025 mailhog")
    assert "--network-alias mail" in mail
    assert f"--name {made.name}-aws" in aws and aws.endswith("127.0.0.1::4566 image")
    assert "EMULATION_ZONES=Z1" in aws
    assert "--ip 169.254.170.2" in aws
    assert any("169.254.170.0/24" in words for words in bench.words("network"))
    assert "docker.sock" in aws and f"{made.name}-trust:/trust" in aws
    given = json.loads(bench.asked[[w[0] for w in bench.asked].index("exec")][-1])
    assert given == {"zones": ["site.example"], "secrets": {"mail-url": "smtp://mail:1025"}}
    assert f"ps --all --quiet --filter network={made.name}" in bench.words("ps")
    removed = ("rm --force --volumes " + name for name in (f"{made.name}-aws", "a-job"))
    assert bench.words("rm") == [*removed]


def test_programs_are_told_of_this_aws_and_of_no_other(bench: Bench) -> None:
    with emulator.running(engine.find(), "image", DEPLOYMENT) as made:
        told = made.variables
    assert told["AWS_ENDPOINT_URL"] == "http://localhost:4711"
    assert told["AWS_SHARED_CREDENTIALS_FILE"] == told["AWS_CONFIG_FILE"] == os.devnull
    assert os.access(told["CDK_DOCKER"], os.X_OK)


def test_what_is_there_is_told_by_the_emulation(bench: Bench) -> None:
    answers: dict[str, Any] = {
        "state": {"stacks": {"site": "CREATE_COMPLETE"}, "services": [], "tasks": []},
        "logs": [["beat/1", "sent"]],
        "left": {"roles": ["cdk"]},
    }
    told = {what: json.dumps(answer) for what, answer in answers.items()}
    (bench.folder / "told").write_text(json.dumps(told))
    with emulator.running(engine.find(), "image", DEPLOYMENT) as made:
        assert made.state().stacks == {"site": "CREATE_COMPLETE"}
        assert made.logs() == [("beat/1", "sent")]
        # The containers of tasks are what nobody else tells.
        assert made.left() == {"roles": ["cdk"], "containers": [f"{made.name}-ecs-1"]}
        assert made.said() == "first\nthe last line\n"


class TestSocket:
    def test_is_that_of_the_engine(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "linux")
        found = engine.find()
        assert emulator.find_socket(found) == "/run/engine.sock"
        monkeypatch.setenv("DOCKER_HOST", "unix:///other.sock")
        assert emulator.find_socket(found) == "/other.sock"

    def test_has_the_usual_place_in_a_virtual_machine(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert emulator.find_socket(engine.find()) == "/var/run/docker.sock"

    def test_is_not_on_another_machine(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "ssh://server")
        with pytest.raises(Unavailable, match="another machine"):
            emulator.find_socket(engine.find())


def test_emulation_that_does_not_start_is_told_with_its_last_line(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", f"{bench.folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(emulator, "_START_TIMEOUT", 0.01)
    made = emulator.Emulator(engine.find(), "course-x", 1, "", {})
    with pytest.raises(CourseError, match="the emulated AWS does not start: the last line"):
        emulator._await_answer(made)


def test_images_of_tasks_are_those_of_their_containers(bench: Bench) -> None:
    with emulator.running(engine.find(), "image", DEPLOYMENT) as made:
        names = [f"{made.name}-ecs-{task}" for task in ("0123abcd-web", "4567abcd-web", "8-web")]
        (bench.folder / "tasks").write_text("\n".join([*names, "somebody-else"]))
        tasks = [task(name) for name in ("0123abcd99", "4567abcd99")]
        assert made.ran(tasks) == {("sha256:web", "c0ffee")}
        assert bench.asked[-1][3:] == names[:2]
        assert not made.ran([task("ffffffffff")]) and not made.ran([])
        (bench.folder / "tasks").unlink()


def task(name: str) -> Task:
    return Task(name, "web", "image", "RUNNING", 1.0, None, None, "")


def test_tokens_are_asked_for_in_the_container_of_the_emulation(bench: Bench) -> None:
    with emulator.running(engine.find(), "image", DEPLOYMENT) as made:
        assert made.taken() == ["a job", "{}"]
        assert made.tokens({"approve": {}})["given"] == 1


def test_image_of_jobs_has_what_they_install_and_a_name_as_a_service(
    bench: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "context"
    image.build_runner(engine.find(), folder, b"django==5.2\n", "aws-cdk@2")
    assert bench.words("build") == [f"build --quiet --tag {image.RUNNER} {folder}"]
    assert bench.words("tag") == [f"tag {image.RUNNER} {image.ENGINE}"]
    assert (folder / "requirements_dev.txt").read_bytes() == b"django==5.2\n"
    assert (folder / "npx.txt").read_text() == "aws-cdk@2\n"
    for name in ("apk", "apt-get", image.PUSHER.name):
        assert (folder / "bin" / name).is_file()
    # GitLab's jobs find a service by the name of its repository.
    assert image.ENGINE.partition(":")[0] == "docker"


def test_image_has_the_modules_and_what_is_pinned(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "context"
    assert image.build(engine.find(), folder) == image.NAME
    assert bench.words("build") == [f"build --quiet --tag {image.NAME} {folder}"]
    assert (folder / "emulated_aws" / "tell.py").is_file()
    requirements = (folder / "requirements.txt").read_text()
    assert "ministack==" in requirements and "--hash=" in requirements
    assert "ministack==" in image.versions() and "aws-cdk" in image.versions()


def test_cdk_is_the_one_that_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = small_course.make(tmp_path / "course", steps=1).repository
    asked: list[Any] = []
    monkeypatch.setattr(npm, "node", lambda: "node")
    monkeypatch.setattr(npm, "package", lambda *words: asked.append(words))
    programs = image.cdk(repository)
    assert asked == [(repository, "aws-cdk", programs.parent.parent)]
    assert "resolved" not in (programs.parent.parent / npm.LOCK).read_text()
