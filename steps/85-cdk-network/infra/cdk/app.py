"""The stacks of μblog: `make cdk-synth` writes their templates, and needs no account."""

import os
from pathlib import Path

from aws_cdk import App, Stack
from django_ecs import DjangoEcs, Options


def add_environment(app: App, environment: str, options: Options = Options()) -> Stack:
    """Add the stack of an environment, and return it."""
    stack = Stack(app, f"mublog-{environment}")
    DjangoEcs(stack, "Mublog", options=options)
    return stack


def main() -> None:
    """Write the template of production."""
    # The CLI says where; without it, beside this file.
    app = App(outdir=os.environ.get("CDK_OUTDIR", str(Path(__file__).with_name("cdk.out"))))
    add_environment(app, "production")
    app.synth()


if __name__ == "__main__":
    main()
