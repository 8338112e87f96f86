"""``python -m emulated_aws.prepare JSON``: what an account has before the first deployment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any


def prepare(client: Callable[[str], Any], given: Mapping[str, Any]) -> None:
    """Create hosted zones, and secrets by their names."""
    for name in given["zones"]:
        client("route53").create_hosted_zone(Name=name, CallerReference=name)
    for name, text in given["secrets"].items():
        client("secretsmanager").create_secret(Name=name, SecretString=text)


def connect() -> Callable[[str], Any]:
    """Return what makes a client of a service of this AWS."""
    import boto3

    session = boto3.session.Session(
        region_name=os.environ["AWS_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return lambda name: session.client(name, endpoint_url="http://localhost:4566")


if __name__ == "__main__":
    prepare(connect(), json.loads(sys.argv[1]))
