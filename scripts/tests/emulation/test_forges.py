"""What is pushed, and how act and gitlab-ci-local are asked to play what a forge does then.

Both programs are a stand-in, which tells what it was asked.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from tests import small_course

from course import git
from course.catalogue import Delivery
from course.chain import Chain
from course.containers import programs
from course.containers.engine import Engine
from course.emulation import forges, image
from course.emulation.aws import tokens
from course.emulation.emulator import Emulator
from course.emulation.forges import Bench, GitHub, GitLab
from course.emulation.pushes import Desk
from course.planted_faults import Wrong
from course.workspace import Workspace

from .test_delivery import TABLE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its programs are scripts")

DOCKER = "#!/bin/sh\n"
PLAYER = """#!{python}
import json, os, pathlib, subprocess, sys, time
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
event = words[words.index("--eventpath") + 1] if "--eventpath" in words else ""
told = json.loads(pathlib.Path(event).read_text()) if event else {{}}
branch = subprocess.run(["git", "branch", "--show-current"], capture_output=True, text=True)
with open(here / "played", "a") as played:
    played.write(json.dumps([words, branch.stdout.strip(), told, dict(os.environ)]) + "\\n")
time.sleep(float((here / "lasts").read_text()) if (here / "lasts").exists() else 0)
sys.exit(int((here / "code").read_text()) if (here / "code").exists() else 0)
"""
WORKFLOW = """jobs:
  test:
    container: python:3.13-slim
    steps:
      - uses: actions/checkout@0123456789abcdef # python:3.13-slim-trixie stays
      - uses: actions/upload-artifact@0123456789abcdef
"""
GITLAB = """default:
  image: python:3.13-slim
.deploy:
  services: ["docker:28-dind"]
  id_tokens:
    TOKEN:
      aud: sts.amazonaws.com
"""


@dataclass(frozen=True)
class Cloud(Emulator):
    """An emulated AWS that answers for the tokens alone."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    waits: bool = True

    def run(self, module: str, word: str) -> str:
        self.asked.append(json.loads(word))
        return json.dumps({"given": 1, "waiting": int(self.waits), "taken": []})


@dataclass
class Place:
    """A bench, and the folder of the stand-in."""

    bench: Bench
    cloud: Cloud
    folder: Path

    @property
    def played(self) -> list[Any]:
        return [json.loads(line) for line in (self.folder / "played").read_text().splitlines()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, text in (("docker", DOCKER), ("player", PLAYER.format(python=small_course.PYTHON))):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    player = folder / "player"
    monkeypatch.setattr(programs, "act", lambda repository: player)
    monkeypatch.setattr(programs, "gitlab_ci_local", lambda repository: [str(player)])
    monkeypatch.setattr(forges, "find_socket", lambda engine: "/engine.sock")
    monkeypatch.setattr(forges, "_LOOK", 0.0)
    course = small_course.make(tmp_path / "course", steps=2)
    course.write("02-notes", "page.html", "<b>site</b>\n")
    course.write("02-notes", "Makefile", "deploy:\n\tnpx cdk@7 deploy\n")
    course.write("02-notes", ".github/workflows/test.yml", WORKFLOW)
    course.write("02-notes", ".gitlab-ci.yml", GITLAB)
    chain = Chain(course.repository)
    log = tmp_path / "log"
    log.write_bytes(b"")
    engine = Engine(str(folder / "docker"), "26")
    cloud = Cloud(engine, "course-1-2-x", 4999, "http://10.0.0.9:4566", {})
    table = Delivery.model_validate(TABLE)
    with Workspace() as space:
        desk = Desk(chain, space, chain.find("02"), table, log)
        yield Place(Bench(desk, cloud, table, log), cloud, folder)


def options(words: list[str], name: str) -> list[str]:
    return [words[at + 1] for at, word in enumerate(words) if word == name]


def pairs(words: list[str], name: str) -> dict[str, str]:
    return dict(cast(Any, [word.split("=", 1) for word in options(words, name)]))


def test_pushed_commit_has_its_version_and_the_images_that_stand_in(place: Place) -> None:
    pushed = place.bench.desk.push("preview/first", "one", {"test_planted.py": "x"})
    assert (pushed.folder / "page.html").read_text() == "<b>site one</b>\n"
    assert (pushed.folder / "test_planted.py").is_file()
    workflow = (pushed.folder / ".github" / "workflows" / "test.yml").read_text()
    assert f"container: {image.RUNNER}\n" in workflow
    assert "python:3.13-slim-trixie stays" in workflow
    pipeline = (pushed.folder / ".gitlab-ci.yml").read_text()
    assert f"image: {image.RUNNER}\n" in pipeline and f'["{image.ENGINE}"]' in pipeline
    head = git.run(["log", "-1", "--format=%H %D"], cwd=pushed.folder).stdout.decode().strip()
    assert head == f"{pushed.commit} HEAD -> preview/first" and pushed.text == "site one"
    assert not git.run(["status", "--porcelain"], cwd=pushed.folder).stdout
    assert place.bench.desk.npx() == "cdk@7"


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"images": ["ruby:3"]}, "no pipeline has the image ruby:3"),
        ({"npx": "serverless@.*"}, "nothing in the Makefile fits 'serverless"),
        ({"changes": [{"path": "page.html", "old": "blog", "new": ""}]}, "has 'blog' 0 times"),
    ],
)
def test_catalogue_that_does_not_fit_is_told(
    place: Place, changed: dict[str, Any], said: str
) -> None:
    desk = place.bench.desk
    other = Desk(
        desk.chain, desk.space, desk.link, Delivery.model_validate(TABLE | changed), desk.log
    )
    with pytest.raises(Wrong, match=said):
        other.npx()
        other.push("main", "one")


def test_act_is_given_the_push_the_places_and_no_key(place: Place) -> None:
    pushed = place.bench.desk.push("preview/first", "one")
    assert GitHub(place.bench).push(pushed).code == 0
    ((words, branch, event, env),) = place.played
    assert (words[0], branch, event) == ("push", branch, {"ref": "refs/heads/preview/first"})
    assert f"ubuntu-24.04={image.RUNNER}" in options(words, "--platform")
    (action,) = options(words, "--local-repository")
    name, _, folder = action.partition("=")
    assert name == "actions/upload-artifact@0123456789abcdef"
    assert (Path(folder) / "action.yml").is_file()
    told = pairs(words, "--env")
    assert told["AWS_ENDPOINT_URL"] == "http://10.0.0.9:4566"
    assert told["ACTIONS_ID_TOKEN_REQUEST_URL"] == f"http://10.0.0.9:{tokens.PORT}/token?job=1"
    assert told["IMAGE"].startswith("course-1-2-x-")
    assert set(pairs(words, "--var")) == {"AWS_REGION", "AWS_ROLE_ARN"}
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & {*told, *env}
    claims = {"iss": "https://token.actions.githubusercontent.com"}
    claims["sub"] = "repo:course/notes:environment:on-demand"
    assert place.cloud.asked == [{"allow": claims, "count": 1}]


def test_deleted_branch_is_told_to_main(place: Place) -> None:
    GitHub(place.bench).end(place.bench.desk.push("preview/first", "one"))
    ((words, branch, event, _),) = place.played
    assert (words[0], branch) == ("delete", "main")
    assert event == {"ref": "preview/first", "ref_type": "branch"}


def test_github_looks_while_production_waits_for_its_token_and_approves_once(place: Place) -> None:
    (place.folder / "lasts").write_text("1")
    looked: list[int] = []
    main = place.bench.desk.push("main", "two")
    GitHub(place.bench).deliver(main, lambda: looked.append(len(place.cloud.asked)))
    assert len(looked) == 1
    (approved,) = [asked["approve"] for asked in place.cloud.asked if "approve" in asked]
    assert place.cloud.asked[looked[0]] == {"approve": approved}
    assert place.cloud.asked[0]["allow"]["sub"] == "repo:course/notes:environment:pre"
    assert approved["sub"] == "repo:course/notes:environment:prod"


def test_production_that_asks_for_no_token_was_not_approved(place: Place) -> None:
    cloud = Cloud(place.cloud.engine, place.cloud.name, 1, "http://10.0.0.9:1", {}, [], waits=False)
    bench = Bench(place.bench.desk, cloud, place.bench.delivery, place.bench.log)
    with pytest.raises(Wrong, match="nothing was approved"):
        GitHub(bench).deliver(place.bench.desk.push("main", "two"), lambda: None)


def test_action_that_nothing_stands_in_for_is_told(place: Place) -> None:
    pushed = place.bench.desk.push("main", "two")
    file = pushed.folder / ".github" / "workflows" / "test.yml"
    file.write_text(file.read_text() + "      - uses: aws-actions/sign-in@0123456789abcdef\n")
    with pytest.raises(Wrong, match="nothing stands in for the action aws-actions/sign-in@"):
        GitHub(place.bench).push(pushed)


def test_gitlab_is_given_the_token_of_the_branch(place: Place) -> None:
    pushed = place.bench.desk.push("preview/first", "one")
    assert GitLab(place.bench).push(pushed).code == 0
    ((words, branch, _, env),) = place.played
    assert branch == "preview/first"
    assert options(words, "--network") == ["course-1-2-x"]
    assert options(words, "--volume") == ["/engine.sock:/var/run/docker.sock"]
    told = pairs(words, "--variable")
    part = told["TOKEN"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["sub"] == "project_path:course/notes:ref_type:branch:ref:preview/first"
    assert claims["aud"] == "sts.amazonaws.com"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & {*told, *env}


@pytest.mark.parametrize("code, count", [("0", 2), ("1", 1)])
def test_gitlab_starts_the_job_that_waits_unless_the_push_fails(
    place: Place, code: str, count: int
) -> None:
    (place.folder / "code").write_text(code)
    looked: list[int] = []
    main = place.bench.desk.push("main", "two")
    done = GitLab(place.bench).deliver(main, lambda: looked.append(len(place.played)))
    assert done.code == int(code) and len(place.played) == count
    assert looked == [1] * (count - 1)
    assert [words[-1] == "production" for words, *_ in place.played] == [False, True][:count]


def test_gitlab_ends_a_branch_by_its_job_in_the_same_clone(place: Place) -> None:
    GitLab(place.bench).end(place.bench.desk.push("preview/first", "one"))
    ((words, branch, *_),) = place.played
    assert (words[-1], branch) == ("ends", "preview/first")


def test_what_is_printed_is_kept(place: Place) -> None:
    GitLab(place.bench).push(place.bench.desk.push("preview/first", "one"))
    assert "── GitLab CI, a push on preview/first" in place.bench.log.read_text()
