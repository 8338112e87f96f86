"""The README of `django_ecs` is enough to use it for another project, in a fresh environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.small_course import SCRIPTS

from course.install import failure_causes, package_index
from course.install.environments import base_python, clean_variables
from course.repository import tool_programs

ROOT = SCRIPTS.parent
README = (ROOT / "final/infra/cdk/README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Use it in another project\n")[2].partition("\n## ")[0]
# A project that is not μblog; what its code does, no template says.
PROJECT = {
    "manage.py": "",
    "shop/__init__.py": "",
    "Dockerfile": "FROM python:3.13-slim\nCOPY . /app\nVOLUME /tmp\nUSER 10001:10001\n",
    ".env": "SECRET_KEY=never-in-an-image\n",
    # What the README says.
    ".dockerignore": "\n".join(
        re.findall("`([^`]+)`", SECTION.split("**`.dockerignore`**")[1])[:4]
    ),
}

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the commands of the README are for a shell"),
    # `make test-tool` runs the tests that look at the course apart: once is enough for this one.
    pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="run apart by make test-tool"),
]


def program() -> str:
    """Return the app that the README shows."""
    match = re.search(r"```python\n(.+?)```", README, re.DOTALL)
    assert match is not None
    return match[1]


def commands() -> list[str]:
    """Return what the README has a person type to write the template."""
    match = re.search(r"```console\n(.+?)```", SECTION, re.DOTALL)
    assert match is not None
    return [line.removeprefix("$ ") for line in match[1].splitlines()]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the other project, after the commands of the README."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "final/infra/cdk", folder / "mublog/infra/cdk")
    for path, text in {**PROJECT, "infra/app.py": program()}.items():
        (folder / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "shop" / path).write_text(text, encoding="utf-8")
    environment = folder / "shop/.venv"
    uv = str(tool_programs() / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", base_python(), environment], check=True)
    path = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
    # Half of the time goes into checks of CDK's own.
    ours = {"PATH": path, "VIRTUAL_ENV": str(environment), "CDK_VALIDATION": "false"}
    for line in commands():
        # uv does what pip does, in seconds.
        command = line.replace("pip install", f"'{uv}' pip install --quiet")
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder / "shop",
            env=clean_variables() | package_index.variables() | ours,
            capture_output=True,
            text=True,
        )
        if done.returncode and "pip install" in line:
            cause = failure_causes.find(done.stderr, str(folder))
            if cause is not None and cause.kind != failure_causes.LOCK:
                pytest.skip(f"NOT RUN: {line}: {cause.problem}")
        assert (done.returncode, done.stderr) == (0, ""), line
    return folder / "shop"


@pytest.fixture(scope="module")
def resources(shop: Path) -> dict[str, Any]:
    template = json.loads((shop / "cdk.out/shop.template.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = template["Resources"]
    return found


def test_it_makes_all_services_with_the_commands_of_the_readme(resources: dict[str, Any]) -> None:
    kinds = [resource["Type"] for resource in resources.values()]
    assert kinds.count("AWS::ECS::Service") == 3
    (web,) = [
        container
        for resource in resources.values()
        for container in resource.get("Properties", {}).get("ContainerDefinitions", [])
        if container["Name"] == "web"
    ]
    assert web["Command"] == ["gunicorn", "--bind", "0.0.0.0:8000", "shop.wsgi"]


def test_nothing_is_named_after_another_project(shop: Path) -> None:
    texts = [path.read_text("utf-8") for path in (shop / "cdk.out").glob("*") if path.is_file()]
    assert texts
    assert not re.search("mublog|μblog", "".join(texts), re.IGNORECASE)


def test_no_secret_and_no_environment_is_in_what_docker_gets(shop: Path) -> None:
    (image,) = [path.parent for path in (shop / "cdk.out").glob("asset.*/manage.py")]
    assert {path.name for path in image.iterdir()} == {
        *("manage.py", "shop", "infra", "Dockerfile", ".dockerignore")
    }


def test_the_function_that_runs_the_migrations_is_in_the_package(shop: Path) -> None:
    assert [path.name for path in (shop / "cdk.out").glob("asset.*/handler.py")] == ["handler.py"]
