"""The program for Pulumi describes what the other one writes, object by object."""

import json

import pytest
import yaml
from django.conf import settings

from tests.infra.kubernetes.conftest import IMAGE, node

FOLDER = settings.BASE_DIR / "infra" / "kubernetes" / "pulumi"


def leaves(value, path=""):
    """Return what is in nested objects and lists, as JSON, by its path: ``kind > spec > type``."""
    items = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(items, dict) or not items:
        return {path: json.dumps(value)}
    below = [leaves(inner, f"{path} > {key}" if path else str(key)) for key, inner in items.items()]
    return {where: text for found in below for where, text in found.items()}


def by_name(objects):
    found = {f"{one['kind']} {one['metadata']['name']}": one for one in objects}
    assert len(found) == len(objects)
    return found


@pytest.mark.parametrize(
    "options",
    [[], ["--host", "other.example", "--bucket", "other-media", "--region", "eu-west-1"]],
    ids=["defaults", "another host"],
)
def test_both_programs_describe_equal_objects(run, options):
    _, written = run("--image", IMAGE, *options)
    described = node("build/pulumi/objects.js", "--image", IMAGE, *options)
    assert described.returncode == 0, described.stderr
    # Value by value: if one of a thousand differs, the failure names it.
    assert leaves(by_name(json.loads(described.stdout))) == leaves(by_name(written))


def test_pulumi_runs_the_program_that_was_compiled(run):
    run("--image", IMAGE)
    project = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["runtime"] == "nodejs"
    assert (FOLDER / project["main"]).resolve().is_file()
