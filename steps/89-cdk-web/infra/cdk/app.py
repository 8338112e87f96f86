"""The stacks of μblog: `make cdk-synth` writes their templates, and needs no account."""

import os
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from django_ecs import DjangoEcs, Options

CODE = Path(__file__).resolve().parents[2]
# The domain of the site, and its hosted zone in Route 53. Yours are other ones.
CONTEXT = {
    "zone-name": "mublog.example",
    "hosted-zone-id": "Z0000000000EXAMPLE",
    "certificate-arn": "",
}


def new_app(folder: Path) -> App:
    """Return an app that writes into a folder, and that cdk-nag checks."""
    app = App(outdir=str(folder))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def add_environment(
    app: App, environment: str, given: Mapping[str, str] = {}, options: Options = Options()
) -> Stack:
    """Add the stack of an environment, and return it.

    Args:
        app: what it is added to, and whose context may replace what is in `CONTEXT`.
        environment: its name.
        given: what replaces that.
        options: sizes, numbers, and what happens to the data.
    """
    context = {key: app.node.try_get_context(key) or CONTEXT[key] for key in CONTEXT} | {**given}
    zone = context["zone-name"]
    domain = zone if environment == "production" else f"{environment}.{zone}"
    stack = Stack(app, f"mublog-{environment}")
    DjangoEcs(
        stack,
        "Mublog",
        code=CODE,
        dockerfile=CODE / "Dockerfile",
        domain_name=domain,
        zone_name=zone,
        hosted_zone_id=context["hosted-zone-id"],
        certificate_arn=context["certificate-arn"] or None,
        web_command=["gunicorn", "config.wsgi"],
        worker_command=["celery", "--quiet", "--app", "config", "worker", "--concurrency", "2"],
        beat_command=["celery", "--quiet", "--app", "config", "beat"],
        environment={"DEFAULT_FROM_EMAIL": f"post@{domain}"},
        secrets={"EMAIL_URL": f"mublog/{environment}/email-url"},
        options=options,
    )
    return stack


def main() -> None:
    """Write the template of production."""
    # The CLI says where; without it, beside this file.
    app = new_app(Path(os.environ.get("CDK_OUTDIR", Path(__file__).with_name("cdk.out"))))
    add_environment(app, "production")
    app.synth()


if __name__ == "__main__":
    main()
