"""Migrate the database of a deployment: what CloudFormation calls before it touches a service.

It starts the migration task, waits until it has ended, and sends CloudFormation the result. Lambda
runs it, with Python and boto3 alone.
"""

import json
import time
import urllib.request
from typing import Any

import boto3

# In seconds. How often to ask; and what is left, at the end, to stop the task and to respond.
INTERVAL = 3
RESERVE = 30
# How many lines of the log a failure quotes. CloudFormation accepts 4,096 bytes in total.
LINES = 10
REASON_SIZE = 2000


class MigrationError(Exception):
    """The database is not migrated, so the deployment must not go on."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Respond to a request of CloudFormation: Create, Update or Delete.

    An Update is also what a rollback sends, with the older task definition. Its ``migrate`` finds
    nothing to do: migrations are not undone.
    """
    status, reason = "SUCCESS", "The database is up to date."
    try:
        if event["RequestType"] != "Delete":  # Nothing to undo.
            migrate(event, context)
    except Exception as error:  # Any: without a response, CloudFormation would wait.
        status, reason = "FAILED", f"{error}" or repr(error)
    respond(event, status, reason)


def migrate(event: dict[str, Any], context: Any) -> None:
    """Run the migration task to its end.

    Raises:
        MigrationError: if it does not start, does not end in time, or ends with a code but 0.
    """
    ecs = boto3.client("ecs")
    properties = event["ResourceProperties"]
    cluster = properties["Cluster"]
    arn = start(ecs, properties, event["RequestId"])
    while (task := describe(ecs, cluster, arn))["lastStatus"] != "STOPPED":
        if context.get_remaining_time_in_millis() < RESERVE * 1000:
            ecs.stop_task(cluster=cluster, task=arn, reason="The migrations took too long")
            raise MigrationError(f"The migrations took too long, and were stopped: {arn}")
        time.sleep(INTERVAL)
    (container,) = task["containers"]
    code = container.get("exitCode")
    if code is None:
        raise MigrationError(f"The migration task did not run: {task.get('stoppedReason')}")
    if code != 0:
        lines = last_lines(properties, arn)
        raise MigrationError(f"The migrations ended with code {code}:\n{lines}")


def start(ecs: Any, properties: dict[str, Any], request: str) -> str:
    """Start the task, and return its ARN. A request that is sent again starts no second one."""
    response = ecs.run_task(
        cluster=properties["Cluster"],
        taskDefinition=properties["TaskDefinition"],
        launchType="FARGATE",
        clientToken=request,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": properties["Subnets"],
                "securityGroups": properties["SecurityGroups"],
                "assignPublicIp": "DISABLED",
            }
        },
    )
    if response.get("failures"):
        raise MigrationError(f"The migration task did not start: {response['failures']}")
    return response["tasks"][0]["taskArn"]


def describe(ecs: Any, cluster: str, arn: str) -> dict[str, Any]:
    """Return what ECS knows of the task. For a moment after the start, that is nothing."""
    tasks = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    return tasks[0] if tasks else {"lastStatus": "PENDING"}


def last_lines(properties: dict[str, Any], arn: str) -> str:
    """Return the end of the task's output, or why there is none."""
    stream = f"{properties['LogStreamPrefix']}/{arn.rsplit('/', 1)[-1]}"
    try:
        events = boto3.client("logs").get_log_events(
            logGroupName=properties["LogGroup"], logStreamName=stream, limit=LINES
        )["events"]
    except Exception as error:
        return f"(the log cannot be read: {error})"
    return "\n".join(event["message"] for event in events)[-REASON_SIZE:]


def respond(event: dict[str, Any], status: str, reason: str) -> None:
    """Send the result to the URL that CloudFormation gave."""
    body = {
        "Status": status,
        "Reason": reason[: REASON_SIZE + 100],
        # Always the same: for another one, CloudFormation would delete the one before.
        "PhysicalResourceId": "migrations",
        **{key: event[key] for key in ["StackId", "RequestId", "LogicalResourceId"]},
    }
    request = urllib.request.Request(
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Content-Type": ""},  # The URL is signed without one.
    )
    with urllib.request.urlopen(request, timeout=10):
        pass
