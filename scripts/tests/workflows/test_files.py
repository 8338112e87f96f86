"""What neither a schema nor actionlint asks of the files for CI, and this repository does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.workflows.conftest import ROOT

from course.cli import VERBS

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))
WRITTEN = [
    *(path for path in (ROOT / ".github").rglob("*") if path.is_file()),
    *(path for path in (ROOT / ".devcontainer").rglob("*") if path.is_file()),
    *(ROOT / name for name in (".npmrc", ".pre-commit-config.yaml", "package-lock.json")),
]


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def jobs(path: Path) -> dict[str, Any]:
    found = read(path)["jobs"]
    assert isinstance(found, dict)
    return found


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step of every workflow and action, with the file that it is in."""
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            for step in job["steps"]:
                yield f"{path.name} {name}", step
    for path in ACTIONS:
        for step in read(path)["runs"]["steps"]:
            yield path.parent.name, step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_starts_without_rights_and_ends_in_time(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert "group" in workflow["concurrency"]
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 120, name


def test_rights_to_write_are_where_no_code_of_a_pull_request_runs() -> None:
    writing = {
        (path.name, name)
        for path in WORKFLOWS
        for name, job in jobs(path).items()
        if "write" in job.get("permissions", {}).values()
    }
    assert writing == {("pages.yml", "deploy"), ("reach-comment.yml", "comment")}
    assert set(read(ROOT / ".github/workflows/reach-comment.yml")["on"]) == {"workflow_run"}
    for path in WORKFLOWS:
        assert "pull_request_target" not in read(path)["on"]


def test_no_value_is_pasted_into_a_command() -> None:
    for where, step in steps():
        assert "${{" not in step.get("run", ""), where


def test_actions_are_named_with_their_version_and_the_token_is_not_left_behind() -> None:
    versions: dict[str, set[str]] = {}
    for where, step in steps():
        if "uses" not in step or step["uses"].startswith("./"):
            continue
        name, _, version = step["uses"].partition("@")
        versions.setdefault(name, set()).add(version)
        assert re.fullmatch(r"v\d+", version), where
        if name == "actions/checkout":
            assert step["with"]["persist-credentials"] is False, where
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_hidden_folders_are_not_left_out_of_artifacts() -> None:
    for where, step in steps():
        if step.get("uses", "").startswith("actions/upload-artifact@"):
            path = step["with"]["path"]
            assert step["with"].get("include-hidden-files", False) is path.startswith("."), where


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_commands_are_shell() -> None:
    for where, step in steps():
        if "run" in step:
            done = subprocess.run(["bash", "-n"], input=step["run"].encode(), capture_output=True)
            assert (done.returncode, done.stderr) == (0, b""), where


def test_the_gate_waits_for_every_job_and_plan_speaks_of_jobs() -> None:
    found = jobs(ROOT / ".github/workflows/verify.yml")
    assert set(found["gate"]["needs"]) == set(found) - {"gate"}
    assert found["gate"]["if"] == "always()"
    for name in found["plan"]["outputs"]:
        assert f"needs.plan.outputs.{name} " in found[name]["if"]
    conditional = {name for name, job in found.items() if "if" in job} - {"gate"}
    assert conditional == set(found["plan"]["outputs"])


def test_every_verb_and_make_target_and_script_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for where, step in steps():
        run = step.get("run", "")
        for verb in re.findall(r'(?:TOOLS/course"|bootstrap\.py) +([a-z][\w-]*)', run):
            assert verb in VERBS, where
        for target in re.findall(r"^make ([\w-]+)", run, re.MULTILINE):
            assert f"\n{target}:" in makefile, where
        for script in re.findall(r"\.github/scripts/[\w.-]+", run):
            assert (ROOT / script).is_file(), where


def test_reach_comment_follows_reach() -> None:
    name = read(ROOT / ".github/workflows/reach.yml")["name"]
    assert read(ROOT / ".github/workflows/reach-comment.yml")["on"]["workflow_run"][
        "workflows"
    ] == [name]


def test_the_hooks_are_local_and_leave_the_steps_to_their_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
        cwd=ROOT,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        if hook["id"] in ("black", "flake8"):
            assert re.match(hook["exclude"], "steps/01-bare-project/manage.py")
            assert re.match(hook["exclude"], "final/manage.py")


def test_the_container_for_development_is_described_and_has_what_is_needed() -> None:
    folder = ROOT / ".devcontainer"
    container = json.loads((folder / "devcontainer.json").read_text("utf-8"))
    text = (folder / container["build"]["dockerfile"]).read_text("utf-8")
    assert re.search(r"^FROM python:3\.1[1-9]", text, re.MULTILINE)
    assert {"git", "make", "nodejs", "npm"} <= set(text.split())
    assert (ROOT / container["postCreateCommand"].split()[1]).is_file()
    assert container["forwardPorts"]


def test_no_file_names_a_registry() -> None:
    address = re.compile(r"(?i)registry\.|pypi\.|npmjs|ghcr\.io|docker\.io|mcr\.|\"resolved\"")
    for path in WRITTEN:
        assert not address.search(path.read_text("utf-8")), path


@pytest.mark.parametrize("tool", [["black", "--check", "--quiet"], ["flake8"]])
def test_the_scripts_have_the_form_of_all_code(tool: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *tool, ".github/scripts"], cwd=ROOT, capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, b"")
