"""Open the shell of Django in a task of an environment: `make ecs-exec ENVIRONMENT=likes`.

The task is one of its own, and ends with the shell. Needs the AWS CLI with its plugin for sessions.
"""

import subprocess
import sys
from typing import Any

import boto3

COMMAND = "python manage.py shell"


def outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """Return what a stack printed when it was deployed, by its names."""
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def start(ecs: Any, stack: dict[str, str]) -> str:
    """Start the task of a stack that waits for a shell, and return its ARN."""
    network = {"subnets": stack["Subnets"].split(","), "securityGroups": [stack["SecurityGroup"]]}
    started = ecs.run_task(
        cluster=stack["Cluster"],
        taskDefinition=stack["ShellTask"],
        launchType="FARGATE",
        enableExecuteCommand=True,
        networkConfiguration={"awsvpcConfiguration": network},
    )
    if started["failures"]:
        raise SystemExit(f"The task does not start: {started['failures'][0]['reason']}")
    (task,) = started["tasks"]
    return task["taskArn"]


def main(name: str) -> None:
    """Open a shell in the environment whose stack has this name."""
    stack, ecs = outputs(boto3.client("cloudformation"), name), boto3.client("ecs")
    task = start(ecs, stack)
    where = {"cluster": stack["Cluster"], "task": task}
    try:
        ecs.get_waiter("tasks_running").wait(cluster=stack["Cluster"], tasks=[task])
        options = [text for key, value in where.items() for text in (f"--{key}", value)]
        command = ["aws", "ecs", "execute-command", *options, "--interactive", "--command", COMMAND]
        subprocess.run(command, check=True)
    finally:
        ecs.stop_task(**where, reason="The shell has ended.")


if __name__ == "__main__":
    main(sys.argv[1])
