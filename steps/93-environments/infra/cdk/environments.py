"""The environments of μblog: the same application, and what differs."""

import re

from aws_cdk import aws_logs as logs
from django_ecs import Options

# For one branch, and gone with it: as cheap as it gets, and nothing stays.
ON_DEMAND = Options(
    keep_data=False,
    backup_days=0,
    cpu=256,
    memory=512,
    log_retention=logs.RetentionDays.ONE_WEEK,
    web_count=1,
)
ENVIRONMENTS = {
    # Where each version is before it is in production: the same shape, and smaller.
    "pre-production": Options(keep_data=False, backup_days=1),
    "production": Options(
        nat_gateways=2,
        database_class="t4g.small",
        multi_az=True,
        backup_days=14,
        log_retention=logs.RetentionDays.THREE_MONTHS,
        worker_count=2,
    ),
}


def options_of(environment: str) -> Options:
    """Return what an environment has; any other name is an on-demand one.

    Raises:
        SystemExit: if the name cannot be a part of a domain name.
    """
    if not re.fullmatch("[a-z]([a-z0-9-]{0,28}[a-z0-9])?", environment):
        raise SystemExit(f"{environment!r} is no name for an environment: a-z, 0-9 and -.")
    return ENVIRONMENTS.get(environment, ON_DEMAND)
