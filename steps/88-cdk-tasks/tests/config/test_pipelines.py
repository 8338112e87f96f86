"""The pipelines of GitHub Actions and GitLab CI, which do the same."""

import re
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings

JOBS = ["lint", "test"]


def read(name):
    return yaml.safe_load((settings.BASE_DIR / name).read_text(encoding="utf-8"))


@pytest.fixture
def github():
    return read(".github/workflows/continuous-integration.yml")


@pytest.fixture
def gitlab():
    return read(".gitlab-ci.yml")


@pytest.fixture
def compose():
    return read("docker-compose.yml")


def test_both_run_on_a_push_to_dev_and_on_nothing_else(github, gitlab):
    assert github[True] == {"push": {"branches": ["dev"]}}  # YAML 1.1 reads ``on`` as true.
    (rule,) = gitlab["workflow"]["rules"]
    assert rule == {"if": '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "dev"'}


def test_both_lint_and_test_with_the_commands_of_the_makefile(github, gitlab):
    makefile = (settings.BASE_DIR / "Makefile").read_text(encoding="utf-8")
    for job in JOBS:
        steps = [step["run"] for step in github["jobs"][job]["steps"] if "run" in step]
        commands = [step for step in steps if step.startswith("make ")]
        assert commands == gitlab[job]["script"]
        assert commands[-1] == f"make {job} RUN="
        for command in commands:
            assert re.search(rf"(?m)^{command.split()[1]}: .*\n\t\$\(RUN\) ", makefile)


def test_both_install_what_is_locked_and_nothing_else(github, gitlab):
    install = "pip install --require-hashes --requirement requirements_dev.txt"
    assert install in gitlab["default"]["before_script"]
    for job in JOBS:
        assert {"run": install} in github["jobs"][job]["steps"]


def test_both_have_the_services_of_development_and_the_image_of_one_python(github, gitlab, compose):
    expected = {name: compose["services"][name]["image"] for name in ["postgres", "redis"]}
    job = github["jobs"]["test"]
    assert {name: service["image"] for name, service in job["services"].items()} == expected
    aliases = {service["alias"]: service["name"] for service in gitlab["test"]["services"]}
    assert aliases == expected
    assert {github["jobs"][job]["container"] for job in JOBS} == {gitlab["default"]["image"]}


def test_both_set_the_same_variables_and_only_known_ones(github, gitlab):
    job, template = github["jobs"]["test"], (settings.BASE_DIR / ".env.template").read_text()
    assert gitlab["test"]["variables"] == job["env"] | job["services"]["postgres"]["env"]
    for name, url in job["env"].items():
        assert f"\n{name}=" in template
        assert urlsplit(url).hostname in job["services"]


def test_actions_are_pinned_and_may_only_read(github):
    assert github["permissions"] == {"contents": "read"}
    for job in JOBS:
        (checkout,) = [step for step in github["jobs"][job]["steps"] if "uses" in step]
        assert re.fullmatch("actions/checkout@[0-9a-f]{40}", checkout["uses"])
        assert checkout["with"] == {"persist-credentials": False}


def test_no_job_runs_for_long(github, gitlab):
    for job in JOBS:
        minutes = github["jobs"][job]["timeout-minutes"]
        assert minutes <= 20 and gitlab[job]["timeout"] == f"{minutes} minutes"
