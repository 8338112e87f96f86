"""The pipelines that deploy, of GitHub Actions and GitLab CI, which do the same."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = ["continuous-integration", "continuous-deployment", "deploy"]


def read(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def github():
    """The jobs that deploy."""
    return read(".github/workflows/continuous-deployment.yml")["jobs"]


@pytest.fixture(scope="module")
def deploy():
    """The one job that all of them are."""
    return read(".github/workflows/deploy.yml")["jobs"]["deploy"]


@pytest.fixture(scope="module")
def gitlab():
    return read(".gitlab-ci.yml")


def test_production_comes_after_pre_production_and_when_somebody_approves(github, gitlab):
    assert github["pre-production"]["needs"] == ["check", "archive"]
    assert github["production"]["needs"] == "pre-production"
    assert "pre-production" in gitlab["production"]["needs"]
    assert [rule.get("when") for rule in gitlab["production"]["rules"]] == ["manual"]
    for name in ["pre-production", "production"]:
        # GitHub asks the people whom the settings of this environment name.
        assert github[name]["with"] == {"environment": name}
        assert gitlab[name]["environment"] == gitlab[name]["variables"]["ENVIRONMENT"] == name
        assert {rule["if"] for rule in gitlab[name]["rules"]} == {'$CI_COMMIT_BRANCH == "main"'}
    assert github["pre-production"]["if"] == "github.ref_name == 'main'"


def test_image_is_built_once_and_the_same_one_is_deployed(github, gitlab, deploy):
    text = "".join((ROOT / f".github/workflows/{name}.yml").read_text() for name in WORKFLOWS)
    assert text.count("make archive") == 1
    assert (ROOT / ".gitlab-ci.yml").read_text().count("make archive") == 1
    assert deploy["steps"][-1]["run"] == 'make "$TARGET" RUN= YES=1'
    # The job that deletes has no file.
    assert deploy["env"]["ARCHIVE"] == "${{ inputs.target == 'cdk-deploy' && 'image.tar' || '' }}"
    (command,) = gitlab[".deploy"]["script"]
    assert command == "make cdk-deploy RUN= ARCHIVE=image.tar YES=1"
    assert command in gitlab["preview"]["script"][-1]
    assert gitlab["archive"]["artifacts"] == {"paths": ["image.tar"]}


def test_environment_of_a_branch_ends_with_it(github, gitlab):
    assert github["preview"]["with"]["environment"] == "on-demand"
    ends = github["preview-ends"]
    assert ends["if"].startswith("github.event_name == 'delete'")
    assert ends["with"] == {
        "environment": "on-demand",
        "branch": "${{ github.event.ref }}",
        "target": "cdk-destroy",
    }
    assert gitlab["preview"]["environment"]["on_stop"] == "preview-ends"
    ends = gitlab["preview-ends"]
    assert ends["resource_group"] == gitlab[".deploy"]["resource_group"]
    assert [rule["allow_failure"] for rule in ends["rules"]] == [True]
    assert ends["environment"] == {"name": "$CI_COMMIT_BRANCH", "action": "stop"}
    # There is no branch any more, so what was deployed says what is deleted.
    assert ends["variables"]["GIT_STRATEGY"] == "none"
    assert gitlab["preview"]["artifacts"]["paths"] == ["infra/cdk/cdk.out/*.json"]
    version = re.search(r"aws-cdk@[\d.]+", (ROOT / "Makefile").read_text())[0]
    assert ends["script"] == [f"npx --yes {version} destroy --app infra/cdk/cdk.out --all --force"]


def test_only_what_deploys_gets_a_token_and_no_key_is_stored(github, gitlab):
    for name, job in github.items():
        deploys = job.get("uses") == "./.github/workflows/deploy.yml"
        assert ("id-token" in job.get("permissions", {})) is deploys, name
    tokens = {name for name, job in gitlab.items() if "id_tokens" in job}
    assert tokens == {".deploy", "preview-ends"}
    for path in [*ROOT.glob(".github/workflows/*.yml"), ROOT / ".gitlab-ci.yml"]:
        assert not re.search(r"secrets\.|AWS_(SECRET_)?ACCESS_KEY", path.read_text())


@pytest.mark.parametrize("name", ["continuous-deployment", "deploy"])
def test_name_of_a_branch_is_never_a_part_of_a_script(name):
    workflow = read(f".github/workflows/{name}.yml")
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", [])]
    assert not any("${{" in step.get("run", "") for step in steps)
    for step in steps:
        assert re.fullmatch(
            "actions/[a-z-]+@[0-9a-f]{40}", step.get("uses", "actions/x@" + "0" * 40)
        )
