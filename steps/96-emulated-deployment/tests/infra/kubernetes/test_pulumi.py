"""The program for Pulumi describes what the other one writes, object by object."""

import json

import pytest
import yaml
from django.conf import settings

from tests.infra.kubernetes.conftest import IMAGE, node

FOLDER = settings.BASE_DIR / "infra" / "kubernetes" / "pulumi"


def in_order(objects):
    """Return objects as texts that are equal if the objects are, sorted by kind and name."""
    by_name = {(found["kind"], found["metadata"]["name"]): found for found in objects}
    assert len(by_name) == len(objects)
    return [json.dumps(by_name[name], indent=1, sort_keys=True) for name in sorted(by_name)]


@pytest.mark.parametrize(
    "options",
    [[], ["--host", "other.example", "--bucket", "other-media", "--region", "eu-west-1"]],
    ids=["defaults", "another host"],
)
def test_both_programs_describe_equal_objects(run, options):
    _, written = run("--image", IMAGE, *options)
    described = node("build/pulumi/objects.js", "--image", IMAGE, *options)
    assert described.returncode == 0, described.stderr
    for one, other in zip(in_order(json.loads(described.stdout)), in_order(written), strict=True):
        assert one == other


def test_pulumi_runs_the_program_that_was_compiled(run):
    run("--image", IMAGE)
    project = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["runtime"] == "nodejs"
    assert (FOLDER / project["main"]).resolve().is_file()
