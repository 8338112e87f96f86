"""The shell of Django in a task of its own, against the API's own description of itself."""

import subprocess

import boto3
import pytest
from botocore.stub import Stubber

STACK = {
    "Cluster": "cluster",
    "ShellTask": "shell:7",
    "Subnets": "subnet-1,subnet-2",
    "SecurityGroup": "sg-1",
}
TASK = "arn:aws:ecs:eu-central-1:111111111111:task/cluster/1"
WHERE = {"cluster": "cluster", "task": TASK}


@pytest.fixture
def ecs(monkeypatch):
    """The clients of AWS, which answer what a test says; and the one of ECS."""
    clients = {
        name: boto3.client(name, "eu-central-1", aws_access_key_id="-", aws_secret_access_key="-")
        for name in ["cloudformation", "ecs"]
    }
    monkeypatch.setattr(boto3, "client", clients.get)
    with Stubber(clients["cloudformation"]) as stub, Stubber(clients["ecs"]) as ecs:
        stack = {"StackName": "mublog-likes", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
        stack["Outputs"] = [{"OutputKey": key, "OutputValue": STACK[key]} for key in STACK]
        stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "mublog-likes"})
        yield ecs


@pytest.mark.parametrize("fails", [False, True])
def test_task_of_a_shell_ends_with_it(ecs, monkeypatch, fails):
    from shell import main

    network = {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}
    request = {"cluster": "cluster", "taskDefinition": "shell:7", "launchType": "FARGATE"}
    request |= {"enableExecuteCommand": True}
    request |= {"networkConfiguration": {"awsvpcConfiguration": network}}
    ecs.add_response("run_task", {"tasks": [{"taskArn": TASK}], "failures": []}, request)
    running = {"tasks": [{"taskArn": TASK, "lastStatus": "RUNNING"}]}
    ecs.add_response("describe_tasks", running, {"cluster": "cluster", "tasks": [TASK]})
    ecs.add_response("stop_task", {}, {**WHERE, "reason": "The shell has ended."})
    commands = []

    def run(command, check):
        commands.append(" ".join(command))
        if fails:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", run)
    if fails:
        with pytest.raises(subprocess.CalledProcessError):
            main("mublog-likes")
    else:
        main("mublog-likes")
    (command,) = commands
    assert command.startswith(f"aws ecs execute-command --cluster cluster --task {TASK} ")
    ecs.assert_no_pending_responses()


def test_task_that_does_not_start_is_named(ecs):
    from shell import main

    failure = {"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE"}]}
    ecs.add_response("run_task", failure)
    with pytest.raises(SystemExit, match="does not start: RESOURCE:FARGATE"):
        main("mublog-likes")
