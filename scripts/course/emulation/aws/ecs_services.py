"""ECS services: when a task counts as running, when a stack may go on, time-outs of both."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import Any

_STABLE_TIMEOUT = 300.0
_HEALTHY_TIMEOUT = 90.0
_PAUSE = 0.5
_BREAKER = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."


def wait_for_stability(
    provisioners: Any, ecs: Any, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Let a stack wait until each of its services is stable, and fail with it, as CloudFormation.

    Also, whether a service's tasks may be entered (``EnableExecuteCommand``) is what the template
    says.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ECS::Service"]

    def stable(handler: Callable[..., Any], properties: int) -> Callable[..., Any]:
        def wrapped(*args: Any, **more: Any) -> Any:
            arn, attributes = handler(*args, **more)
            service = next(s for s in ecs._services.values() if s.get("serviceArn") == arn)
            entered = str(args[properties].get("EnableExecuteCommand", False)).lower()
            service["enableExecuteCommand"] = entered == "true"
            await_stability(service, sleep)
            return arn, attributes

        return wrapped

    for verb, properties in (("create", 1), ("update", 2)):
        handlers[verb] = stable(handlers[verb], properties)


def await_stability(service: Any, sleep: Callable[[float], None]) -> None:
    """Wait until a service runs what it was told to.

    Raises:
        RuntimeError: when it gives up, or takes too long.
    """
    wanted = service["taskDefinition"]
    for _ in range(int(_STABLE_TIMEOUT / _PAUSE)):
        primary: Any = next((d for d in service["deployments"] if d["status"] == "PRIMARY"), {})
        state = primary.get("rolloutState")
        if service["taskDefinition"] != wanted or state == "FAILED":
            raise RuntimeError(_BREAKER)
        running, desired = service.get("runningCount", 0), service.get("desiredCount", 1)
        if state == "COMPLETED" and running >= desired:
            return
        sleep(_PAUSE)
    raise RuntimeError(f"{service['serviceName']} did not become stable.")


def check_health(
    ecs: Any,
    balancers: Any,
    probe: Callable[[str, int, str], object] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Let a task behind a load balancer run only once it passes the target group's health check."""
    running, ask = ecs._mark_task_running, probe or status

    def checked(arn: str, task: Any) -> Any:
        cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
        group = task.get("group", "")
        service: Any = {}
        if group.startswith("service:"):
            service = ecs._services.get(f"{cluster}/{group.removeprefix('service:')}") or {}
        for entry in service.get("loadBalancers") or ():
            target = balancers._tgs.get(entry.get("targetGroupArn")) or {}
            if path := target.get("HealthCheckPath"):
                await_health(arn, task, int(entry.get("containerPort", 80)), path)
        return running(arn, task)

    def await_health(arn: str, task: Any, port: int, path: str) -> None:
        answer: object = None
        for _ in range(int(_HEALTHY_TIMEOUT / _PAUSE)):
            if not ecs._task_is_active(arn, task):
                return
            if _exited(ecs, task):
                # Not running for a moment: it would be sent requests.
                raise RuntimeError("Essential container exited before it was healthy")
            answer = ask(ecs._task_ip(task), port, path)
            if answer == 200:
                return
            sleep(_PAUSE)
        raise RuntimeError(f"Task failed ELB health checks: {path} answered {answer}")

    ecs._mark_task_running = checked


def status(host: str, port: int, path: str) -> object:
    """Ask as a load balancer does; return the status, or the error where there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    headers = {"Host": f"{host}:{port}", "User-Agent": "ELB-HealthChecker/2.0"}
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return error
    finally:
        connection.close()


def _exited(ecs: Any, task: Any) -> bool:
    client = ecs._get_docker()
    try:
        states = [client.containers.get(name).status for name in task.get("_docker_ids") or ()]
    except Exception:
        return False
    return "exited" in states
