"""``course deploy-emulated``: what it prints and remembers, and what it does not pass over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests import small_course
from tests.small_course import SmallCourse

from course import catalogue
from course.commands.deploy_emulated import deploy_emulated
from course.containers import engine
from course.containers.engine import Engine, Unavailable
from course.emulation import delivery, proofs
from course.emulation.proofs import Proof
from course.errors import CourseError
from course.install import npm
from course.planted_faults import Wrong

from .test_delivery import TABLE

CHANGE = [{"path": "greeting.py", "old": "Hello", "new": "Good day"}]
DEPLOYMENT: dict[str, Any] = {
    "deploy": "cdk deploy",
    "destroy": "cdk destroy",
    "variables": {"SITE": "{url}"},
    "host": "site.example:443",
    "paths": ["/"],
    "publish": "true",
    "work": "true",
    "second": {"changes": CHANGE, "page": "/", "text": "Good day"},
    "failing_migration": {"changes": CHANGE, "says": "it fails"},
    "dying": {"changes": CHANGE, "says": "it dies"},
}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallCourse:
    made = small_course.make(tmp_path / "course", steps=2)
    made.set("02-notes", deployment=DEPLOYMENT)
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(engine, "find", lambda: Engine("docker", "26.1"))
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(deploy_emulated, words)


def play(monkeypatch: pytest.MonkeyPatch, act: Callable[..., None]) -> list[str]:
    """Let something else happen than a deployment; return which steps it was asked for."""
    asked: list[str] = []

    def prove(chain: Any, found: Any, space: Any, link: Any, deployment: Any, tell: Any) -> None:
        asked.append(link.name)
        act(link, tell)

    monkeypatch.setattr(proofs, "prove", prove)
    return asked


def test_what_is_proven_is_told_and_what_is_not(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, lambda link, tell: tell(Proof("first deployment", "27 s")))
    done = run()
    assert done.exit_code == 0, done.output
    assert "✓ 1 first deployment: 27 s" in done.output
    assert "✓ 02-notes  deployed to an emulated AWS" in done.output
    assert "What this does not prove:" in done.output and "IAM, security groups" in done.output


def test_what_passed_is_remembered_with_its_figures(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = play(monkeypatch, lambda link, tell: tell(Proof("first deployment", "27 s")))
    run()
    again = run().output
    assert "= 02-notes  remembered, from 0 s" in again and "1 first deployment: 27 s" in again
    assert "What this does not prove:" in again
    course.write("02-notes", "more.py", "x = 1\n")
    run("02")
    run("--fresh")
    assert asked == ["02-notes"] * 3


@pytest.mark.parametrize(
    "error, code, said",
    [
        (CourseError("the emulation is broken.", "course doctor"), 1, "✗ 02-notes  the emulation"),
        (Unavailable("another machine.", "unset it"), 0, "NOT RUN 02-notes  another machine."),
        (npm.Unavailable("no node.", "Install it."), 0, "NOT RUN 02-notes  no node."),
    ],
)
def test_what_cannot_run_is_named_and_what_fails_fails(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, said: str
) -> None:
    def act(*words: object) -> None:
        raise error

    asked = play(monkeypatch, act)
    done = run()
    assert (done.exit_code, said in done.output) == (code, True), done.output
    assert "✓" not in done.output
    run()
    assert len(asked) == 2  # Neither is remembered.


def test_proof_that_fails_is_shown_with_its_log(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = course.repository.state_folder("logs") / "deploy.log"

    def act(*words: object) -> None:
        raise Wrong("visitors were disturbed.", log)

    play(monkeypatch, act)
    done = run()
    assert done.exit_code == 1
    assert "✗ 02-notes  visitors were disturbed." in done.output
    assert "→ read .course/logs/deploy.log" in done.output


def test_without_an_engine_the_deployment_is_named_as_not_run(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find() -> Engine:
        raise Unavailable("no container engine responds.", "course doctor")

    monkeypatch.setattr(engine, "find", find)
    done = run()
    assert done.exit_code == 0
    assert "NOT RUN 02-notes  no container engine responds." in done.output


def test_steps_that_are_not_deployed_need_no_engine(course: SmallCourse) -> None:
    assert "No step that you name is deployed." in run("01").output


def test_variable_may_name_a_companion_and_nothing_else(course: SmallCourse) -> None:
    catalogue.read(course.root / "steps" / "course.toml")
    course.set("02-notes", deployment={**DEPLOYMENT, "variables": {"MAIL": "{mail}"}})
    with pytest.raises(CourseError, match="there is no companion 'mail'"):
        catalogue.read(course.root / "steps" / "course.toml")


@pytest.fixture
def pipelines(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let pipelines deploy the second step, instead; return the forges that were played."""
    del course.step("02-notes")["deployment"]
    course.set("02-notes", delivery={**TABLE, "forges": ["github", "gitlab"]})
    played: list[str] = []

    def prove(*words: Any) -> None:
        *_, forge, tell = words
        played.append(forge)
        tell(Proof("a push to a branch", "it answers"))

    monkeypatch.setattr(delivery, "prove", prove)
    return played


def test_pipelines_of_both_forges_are_run_and_remembered(pipelines: list[str]) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert "✓ 02-notes  GitHub Actions  pipeline run against an emulated AWS" in done.output
    assert "✓ 02-notes  GitLab CI  pipeline run against an emulated AWS" in done.output
    assert "– actions/checkout: act's own" in done.output and "– the other tests" in done.output
    again = run().output
    assert "= 02-notes  GitLab CI  remembered" in again and "What stands in for what:" in again
    assert pipelines == ["github", "gitlab"]


def test_without_an_engine_each_pipeline_is_named_as_not_run(
    pipelines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find() -> Engine:
        raise Unavailable("no container engine responds.", "course doctor")

    monkeypatch.setattr(engine, "find", find)
    done = run()
    assert done.exit_code == 0 and not pipelines
    for forge in ("GitHub Actions", "GitLab CI"):
        assert f"NOT RUN 02-notes  {forge}  no container engine responds." in done.output
