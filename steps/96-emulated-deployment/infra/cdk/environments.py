"""The environments of μblog: the same application, and what differs."""

import hashlib
import re
import sys

from aws_cdk import aws_logs as logs
from django_ecs import Options

# For one branch, and gone with it: as cheap as it gets, and nothing stays.
SMALLEST = Options(
    keep_data=False,
    backup_days=0,
    cpu=256,
    memory=512,
    log_retention=logs.RetentionDays.ONE_WEEK,
    web_count=1,
)
ON_DEMAND = "on-demand"
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
NAME = "[a-z]([a-z0-9-]{0,28}[a-z0-9])?"


def kind_of(environment: str) -> str:
    """Return the kind of an environment, which is its name unless it is an on-demand one."""
    return environment if environment in ENVIRONMENTS else ON_DEMAND


def environment_of(branch: str) -> str:
    """Return the name of the on-demand environment of a branch, which no other branch has.

    A branch that is called as an environment, such as ``production``, does not get that one.
    """
    taken = branch in ENVIRONMENTS or branch.startswith("branch-")
    if re.fullmatch(NAME, branch) and not taken:
        return branch
    words = re.sub("[^a-z0-9]+", "-", branch.lower())[:16].strip("-")
    return f"branch-{words}-".replace("--", "-") + hashlib.sha256(branch.encode()).hexdigest()[:6]


def options_of(environment: str) -> Options:
    """Return what an environment has; any other name is an on-demand one.

    Raises:
        SystemExit: if the name cannot be a part of a domain name.
    """
    if not re.fullmatch(NAME, environment):
        raise SystemExit(f"{environment!r} is no name for an environment: a-z, 0-9 and -.")
    return ENVIRONMENTS.get(environment, SMALLEST)


if __name__ == "__main__":
    print(environment_of(sys.argv[1]))
