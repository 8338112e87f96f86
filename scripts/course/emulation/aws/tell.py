"""``python -m emulated_aws.tell state|logs|left``: what is in the emulated AWS, as JSON.

It asks by the same API as everybody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from .prepare import connect

Client = Callable[[str], Any]


def state(client: Client) -> dict[str, Any]:
    """Return the stacks, and the services and tasks of every cluster."""
    found: dict[str, Any] = {"services": [], "tasks": []}
    stacks = client("cloudformation").describe_stacks()["Stacks"]
    found["stacks"] = {stack["StackName"]: stack["StackStatus"] for stack in stacks}
    ecs = client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        for service in _services(ecs, cluster):
            primary = next(d for d in service["deployments"] if d["status"] == "PRIMARY")
            found["services"].append(
                {
                    "name": service["serviceName"],
                    "running": service["runningCount"],
                    "desired": service["desiredCount"],
                    "rollout": primary.get("rolloutState", ""),
                }
            )
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
        ]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        found["tasks"] += [_task(task) for task in tasks]
    return found


def _services(ecs: Any, cluster: str) -> Iterable[Any]:
    arns = ecs.list_services(cluster=cluster)["serviceArns"]
    return ecs.describe_services(cluster=cluster, services=arns)["services"] if arns else ()


def _task(task: Any) -> dict[str, Any]:
    codes = [container.get("exitCode") for container in task["containers"]]
    return {
        "name": _tail(task["taskArn"]),
        "service": _service(task.get("group", "")),
        "image": " ".join(_tail(container["image"]) for container in task["containers"]),
        "status": task["lastStatus"],
        "created": _seconds(task.get("createdAt")),
        "stopped": _seconds(task.get("stoppedAt")),
        "code": next((code for code in codes if code is not None), None),
        "reason": task.get("stoppedReason", ""),
    }


def logs(client: Client) -> list[list[str]]:
    """Return the lines of all logs: each with its stream."""
    api, lines = client("logs"), []
    for group in api.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for stream in api.describe_log_streams(logGroupName=name)["logStreams"]:
            events = api.get_log_events(
                logGroupName=name, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
            lines += [[stream["logStreamName"], event["message"]] for event in events]
    return lines


def left(client: Client) -> dict[str, list[str]]:
    """Return the names of all that costs money or is in the way, by kind."""
    ecs, ec2, balancing, rds = (client(name) for name in ("ecs", "ec2", "elbv2", "rds"))
    cache, zones = client("elasticache"), client("route53")
    records = [
        record["Name"]
        for zone in zones.list_hosted_zones()["HostedZones"]
        for record in zones.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if record["Type"] not in ("NS", "SOA")
    ]
    stacks = client("cloudformation").describe_stacks()["Stacks"]
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    found = {
        "stacks": [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"],
        "clusters": [c["clusterName"] for c in clusters if c["status"] == "ACTIVE"],
        "networks": [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]],
        "NAT gateways": [
            g["NatGatewayId"]
            for g in ec2.describe_nat_gateways()["NatGateways"]
            if g["State"] != "deleted"
        ],
        "addresses": [a["AllocationId"] for a in ec2.describe_addresses()["Addresses"]],
        "security groups": [
            g["GroupId"]
            for g in ec2.describe_security_groups()["SecurityGroups"]
            if g["GroupName"] != "default"
        ],
        "load balancers": [
            b["LoadBalancerName"] for b in balancing.describe_load_balancers()["LoadBalancers"]
        ],
        "target groups": [
            g["TargetGroupName"] for g in balancing.describe_target_groups()["TargetGroups"]
        ],
        "databases": [
            d["DBInstanceIdentifier"] for d in rds.describe_db_instances()["DBInstances"]
        ],
        "snapshots": [
            s["DBSnapshotIdentifier"] for s in rds.describe_db_snapshots()["DBSnapshots"]
        ],
        "caches": [c["CacheClusterId"] for c in cache.describe_cache_clusters()["CacheClusters"]]
        + [
            g["ReplicationGroupId"]
            for g in cache.describe_replication_groups()["ReplicationGroups"]
        ],
        "buckets": [b["Name"] for b in client("s3").list_buckets()["Buckets"]],
        "repositories": [
            r["repositoryName"] for r in client("ecr").describe_repositories()["repositories"]
        ],
        "secrets": [s["Name"] for s in client("secretsmanager").list_secrets()["SecretList"]],
        "functions": [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]],
        "roles": [r["RoleName"] for r in client("iam").list_roles()["Roles"]],
        "log groups": [
            g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]
        ],
        "certificates": [
            c["DomainName"] for c in client("acm").list_certificates()["CertificateSummaryList"]
        ],
        "records": records,
    }
    return {kind: sorted(names) for kind, names in found.items()}


def _service(group: str) -> str:
    return group.removeprefix("service:") if group.startswith("service:") else ""


def _tail(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _seconds(moment: Any) -> float | None:
    return moment.timestamp() if moment is not None else None


def main(what: str) -> None:
    """Print what is asked for."""
    found: dict[str, Callable[[Client], object]] = {"state": state, "logs": logs, "left": left}
    print(json.dumps(found[what](connect())))


if __name__ == "__main__":
    main(sys.argv[1])
