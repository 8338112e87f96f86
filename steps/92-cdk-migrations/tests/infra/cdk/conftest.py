"""Write the templates once, for all tests of the folder. No account is needed, and no Docker."""

import os
import sys
from pathlib import Path

import pytest

from tests.infra.cdk.template import Template

CDK = Path(__file__).resolve().parents[3] / "infra" / "cdk"
# The app and its library are no packages of the project: they have a folder of their own.
sys.path.insert(0, str(CDK))

CERTIFICATE = "arn:aws:acm:eu-central-1:111111111111:certificate/given"


@pytest.fixture(scope="session", autouse=True)
def delete_keys():
    """Needs no Redis: this replaces the fixture of the application's tests."""


@pytest.fixture(scope="session")
def assembly(tmp_path_factory):
    """The folder that `cdk deploy` would read: templates, and the report of cdk-nag."""
    # Of the checks, cdk-nag is enough: CDK's own take three times as long.
    os.environ["CDK_VALIDATION"] = "false"
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    from app import add_environment, new_app
    from django_ecs import Options

    folder = tmp_path_factory.mktemp("cdk") / "cdk.out"
    app = new_app(folder)
    add_environment(app, "production")
    add_environment(app, "pre-production", {"certificate-arn": CERTIFICATE})
    add_environment(app, "likes", options=Options(keep_data=False))
    try:
        app.synth()
    except RuntimeError:  # A rule of cdk-nag is broken; `test_rules` says which.
        pass
    return folder


@pytest.fixture(scope="session")
def production(assembly):
    return Template(assembly / "mublog-production.template.json")


@pytest.fixture(scope="session")
def pre_production(assembly):
    return Template(assembly / "mublog-pre-production.template.json")


@pytest.fixture(scope="session")
def on_demand(assembly):
    """The environment of a branch."""
    return Template(assembly / "mublog-likes.template.json")
