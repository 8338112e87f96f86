"""The stacks of μblog: `make cdk-synth` writes their templates, and needs no account."""

import os
from pathlib import Path

from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from django_ecs import DjangoEcs, Options


def new_app(folder: Path) -> App:
    """Return an app that writes into a folder, and that cdk-nag checks."""
    app = App(outdir=str(folder))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def add_environment(app: App, environment: str, options: Options = Options()) -> Stack:
    """Add the stack of an environment, and return it."""
    stack = Stack(app, f"mublog-{environment}")
    DjangoEcs(stack, "Mublog", options=options)
    return stack


def main() -> None:
    """Write the template of production."""
    # The CLI says where; without it, beside this file.
    app = new_app(Path(os.environ.get("CDK_OUTDIR", Path(__file__).with_name("cdk.out"))))
    add_environment(app, "production")
    app.synth()


if __name__ == "__main__":
    main()
