"""Write the templates once, for all tests of the folder. No account is needed, and no Docker."""

import os
import sys
from pathlib import Path

import pytest

from tests.infra.cdk.template import Template

CDK = Path(__file__).resolve().parents[3] / "infra" / "cdk"
# The app and its library are no packages of the project: they have a folder of their own.
sys.path.insert(0, str(CDK))


@pytest.fixture(scope="session", autouse=True)
def delete_keys():
    """Needs no Redis: this replaces the fixture of the application's tests."""


@pytest.fixture(scope="session")
def assembly(tmp_path_factory):
    """The folder that `cdk deploy` would read, with the templates."""
    # The checks of CDK itself take longer than all the rest.
    os.environ["CDK_VALIDATION"] = "false"
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    from app import add_environment
    from aws_cdk import App

    folder = tmp_path_factory.mktemp("cdk") / "cdk.out"
    app = App(outdir=str(folder))
    add_environment(app, "production")
    app.synth()
    return folder


@pytest.fixture(scope="session")
def production(assembly):
    return Template(assembly / "mublog-production.template.json")
