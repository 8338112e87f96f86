"""Runs the program in infra/kubernetes, and reads the objects that it writes."""

import os
import subprocess

import pytest
import yaml
from django.conf import settings

IMAGE = "mublog:4f2c1d9"


def containers(pod):
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def node(*arguments, **variables):
    return subprocess.run(
        ["node", *arguments],
        cwd=settings.BASE_DIR / "infra" / "kubernetes",
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Compile the program, once, and return a function that runs it, and returns what it wrote."""
    compiled = node("node_modules/typescript/bin/tsc")
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr

    def run(*arguments):
        folder = tmp_path_factory.mktemp("manifests")
        done = node("build/main.js", *arguments, MANIFESTS=str(folder))
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
        return done, [found for text in texts for found in yaml.safe_load_all(text)]

    return run


@pytest.fixture(scope="session")
def objects(run):
    done, objects = run("--image", IMAGE)
    assert done.stderr == ""
    return objects


@pytest.fixture(scope="session")
def named(objects):
    """Return the object of a kind and a name."""
    by_name = {(found["kind"], found["metadata"]["name"]): found for found in objects}
    assert len(by_name) == len(objects), "two objects of a kind have the same name"
    return lambda kind, name: by_name[kind, name]


def pods_of(objects):
    """Return the Pods that the objects make, by name, each with its metadata and its spec."""
    return {
        found["metadata"]["name"]: found["spec"]["template"]
        for found in objects
        if "template" in found.get("spec", {})
    }


@pytest.fixture(scope="session")
def pods(objects):
    return pods_of(objects)
