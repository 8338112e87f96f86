"""The files that the image is built from; container_tests looks at the image itself."""

import json
import re
import tomllib

import yaml
from django.conf import settings


def read(name):
    """Return the lines of a file, without comments; one that goes on in the next is one line."""
    text = (settings.BASE_DIR / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def test_packages_are_those_that_are_locked():
    (install,) = [line for line in read("Dockerfile") if " install " in line and "pip" in line]
    assert "--require-hashes" in install and "--requirement requirements.txt" in install


def test_process_has_a_numeric_user_and_no_shell_around_it():
    image = dict(line.split(None, 1) for line in read("Dockerfile"))
    assert re.fullmatch("[1-9][0-9]*:[1-9][0-9]*", image["USER"])
    assert json.loads(image["CMD"]) == ["gunicorn", "config.wsgi"]


def test_image_gets_each_package_of_the_project_and_only_what_is_listed():
    first, *rules = read(".dockerignore")
    packages = {path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py")} - {"tests"}
    folders = {f"!{name}/" for name in packages | {"static", "templates"}}
    files = {"!gunicorn.conf.py", "!manage.py", "!requirements.txt"}
    assert first == "*"
    assert {rule for rule in rules if rule.startswith("!")} == folders | files


def test_image_has_no_program_that_runs_as_another_user():
    assert [line for line in read("Dockerfile") if "-perm /6000 -exec chmod a-s {} +" in line]


def test_packages_have_wheels_for_intel_and_arm_and_nothing_names_either():
    text = "\n".join(read("Dockerfile"))
    assert not re.search("amd64|arm64|x86_64|aarch64|--platform", text)
    built_here = set(re.findall(r"--no-binary (\S+)", text))
    (version,) = {found.replace(".", "") for found in re.findall(r"python:(3\.\d+)", text)}
    lock = tomllib.loads((settings.BASE_DIR / "poetry.lock").read_text(encoding="utf-8"))
    for package in lock["package"]:
        if "main" not in package["groups"] or package["name"] in built_here:
            continue
        wheels = " ".join(file["file"] for file in package["files"])
        for machine in ("x86_64", "aarch64"):
            wheel = rf"-any\.whl|-(cp{version}|cp3\d+-abi3)\S*-manylinux\S*_{machine}\S*\.whl"
            assert re.search(wheel, wheels), f"{package['name']} has no wheel for {machine}"


def test_pipeline_builds_and_tests_the_image_on_intel_and_on_arm():
    job = yaml.safe_load("\n".join(read(".github/workflows/continuous-integration.yml")))
    job = job["jobs"]["image"]
    assert job["strategy"]["matrix"]["runner"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]
    assert job["steps"][-1] == {"run": "make containers RUN="}
