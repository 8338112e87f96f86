"""What CloudFormation hears of the migrations. ECS is played, by its real schema."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber
from django_ecs.migration_handler import handler

TASK = "arn:aws:ecs:eu-central-1:111111111111:task/cluster/0123456789abcdef"


@pytest.fixture
def cloudformation():
    """A server that takes the response: `received` has its headers and its body."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/", received=received)
        server.shutdown()


@pytest.fixture
def aws(monkeypatch):
    """The clients of boto3, which answer as they are told, and refuse what no schema has."""
    options = {
        "aws_access_key_id": "a",
        "aws_secret_access_key": "b",
        "region_name": "eu-central-1",
    }
    clients = {name: boto3.client(name, **options) for name in ["ecs", "logs"]}
    stubs = {name: Stubber(client) for name, client in clients.items()}
    monkeypatch.setattr(handler.boto3, "client", clients.__getitem__)
    monkeypatch.setattr(handler, "INTERVAL", 0)
    for stub in stubs.values():
        stub.activate()
    yield SimpleNamespace(**stubs)
    for stub in stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def call(cloudformation):
    """Calls the handler as CloudFormation does, and returns what it hears."""

    def call(kind, task="migrate:2", seconds=900):
        event = {
            "RequestType": kind,
            "RequestId": "request-1",
            "ResponseURL": cloudformation.url,
            "StackId": "stack",
            "LogicalResourceId": "Run",
            "ResourceProperties": {
                "Cluster": "cluster",
                "TaskDefinition": task,
                "Subnets": ["subnet-1", "subnet-2"],
                "SecurityGroups": ["sg-1"],
                "LogGroup": "log-group",
                "LogStreamPrefix": "migrate/migrate",
            },
        }
        remaining = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)
        handler.handler(event, remaining)
        ((headers, body),) = cloudformation.received
        assert headers["Content-Type"] == ""  # Otherwise, the signature of the URL is wrong.
        assert body["PhysicalResourceId"] == "migrations"
        return body["Status"], body["Reason"]

    return call


def starts(aws, task="migrate:2"):
    network = {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
    expected = {
        "cluster": "cluster",
        "taskDefinition": task,
        "launchType": "FARGATE",
        "clientToken": "request-1",
        "networkConfiguration": {"awsvpcConfiguration": network},
    }
    aws.ecs.add_response("run_task", {"tasks": [{"taskArn": TASK}]}, expected)


def is_in(aws, status, **container):
    task = {"lastStatus": status, "containers": [container], "stoppedReason": "no such image"}
    aws.ecs.add_response(
        "describe_tasks", {"tasks": [task]}, {"cluster": "cluster", "tasks": [TASK]}
    )


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_deployment_waits_for_the_end_of_the_task(aws, call, kind):
    starts(aws)
    aws.ecs.add_response("describe_tasks", {"tasks": []})  # ECS tells of it with a delay.
    is_in(aws, "PENDING")
    is_in(aws, "RUNNING")
    is_in(aws, "STOPPED", exitCode=0)
    assert call(kind)[0] == "SUCCESS"


def test_failure_is_reported_with_the_end_of_the_log(aws, call):
    starts(aws)
    is_in(aws, "STOPPED", exitCode=1)
    aws.logs.add_response(
        "get_log_events",
        {"events": [{"message": "Applying blog.0005..."}, {"message": "column exists"}]},
        {
            "logGroupName": "log-group",
            "logStreamName": "migrate/migrate/0123456789abcdef",
            "limit": 10,
        },
    )
    status, reason = call("Update")
    assert status == "FAILED"
    assert reason == "The migrations ended with code 1:\nApplying blog.0005...\ncolumn exists"


def test_long_log_is_cut_at_its_beginning(aws, call):
    starts(aws)
    is_in(aws, "STOPPED", exitCode=1)
    messages = ["x" * 3000, "RuntimeError"]
    aws.logs.add_response("get_log_events", {"events": [{"message": text} for text in messages]})
    _, reason = call("Update")
    assert reason.startswith("The migrations ended with code 1:\nx")
    assert reason.endswith("x\nRuntimeError") and len(reason) < 2100


def test_failure_is_reported_without_a_log_too(aws, call):
    starts(aws)
    is_in(aws, "STOPPED", exitCode=1)
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    assert call("Update")[0] == "FAILED"


def test_task_that_never_ran_is_a_failure(aws, call):
    starts(aws)
    is_in(aws, "STOPPED")
    assert call("Create") == ("FAILED", "The migration task did not run: no such image")


def test_task_that_ecs_cannot_start_is_a_failure(aws, call):
    aws.ecs.add_response("run_task", {"failures": [{"reason": "RESOURCE:MEMORY"}]})
    status, reason = call("Create")
    assert status == "FAILED"
    assert "RESOURCE:MEMORY" in reason


def test_task_that_takes_too_long_is_stopped(aws, call):
    starts(aws)
    is_in(aws, "RUNNING")
    aws.ecs.add_response(
        "stop_task",
        {},
        {"cluster": "cluster", "task": TASK, "reason": "The migrations took too long"},
    )
    status, reason = call("Update", seconds=20)
    assert status == "FAILED"
    assert "took too long" in reason


def test_deleted_stack_runs_nothing(aws, call):
    assert call("Delete")[0] == "SUCCESS"


def test_rollback_runs_the_older_version_and_undoes_nothing(aws, call):
    starts(aws, task="migrate:1")
    is_in(aws, "STOPPED", exitCode=0)
    assert call("Update", task="migrate:1")[0] == "SUCCESS"
