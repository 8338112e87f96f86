"""Task definitions: what a container's definition says is what the container gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What MiniStack leaves out of a definition that comes from a template.
_KEPT = (
    "User",
    "EntryPoint",
    "WorkingDirectory",
    "ReadonlyRootFilesystem",
    "LinuxParameters",
    "HealthCheck",
    "StopTimeout",
    "DependsOn",
)
# The label in which a container carries how many seconds it has to stop.
STOP_TIMEOUT = "course.stop-timeout"
_STOP_TIMEOUT = 30
_SECOND = 1_000_000_000


def complete(provisioners: Any, ecs: Any, secrets: Any) -> None:
    """Carry a definition's settings from the template into the container.

    Args:
        provisioners: where CloudFormation reads definitions.
        ecs: what starts containers.
        secrets: Secrets Manager.
    """
    normalize, arguments = provisioners._normalize_container_defs, ecs._build_run_kwargs

    def normalized(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = normalize(definitions)
        for given, made in zip(definitions, found, strict=True):
            for key in _KEPT:
                if key in given:
                    made[key[0].lower() + key[1:]] = given[key]
            if given.get("Secrets"):
                made["secrets"] = [
                    {"name": secret["Name"], "valueFrom": address(secret["ValueFrom"], secrets)}
                    for secret in given["Secrets"]
                ]
        return found

    def completed(definition: Any, task: Any, *args: Any, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = arguments(definition, task, *args, **more)
        return found | settings(definition, task, found)

    provisioners._normalize_container_defs = normalized
    ecs._build_run_kwargs = completed


def address(value: str, secrets: Any) -> str:
    """Return the ARN of a secret. What ``Ref`` gives of it on AWS, MiniStack has as its name."""
    name, colon, key = value.partition(":")
    found = secrets._secrets.get(name)
    return f"{found['ARN']}{colon}{key}" if found else value


def settings(
    definition: Mapping[str, Any], task: Mapping[str, Any], made: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of ``docker run`` that a definition asks for beside those made already.

    Args:
        definition: of the container.
        task: the definition of its task.
        made: the arguments that there are.
    """
    linux = definition.get("linuxParameters") or {}
    found: dict[str, Any] = {}
    for key, argument in (
        ("user", "user"),
        ("entryPoint", "entrypoint"),
        ("workingDirectory", "working_dir"),
    ):
        if definition.get(key):
            found[argument] = definition[key]
    if _true(definition.get("readonlyRootFilesystem")):
        found["read_only"] = True
    if _true(_either(linux, "initProcessEnabled")):
        found["init"] = True
    if dropped := _either(_either(linux, "capabilities") or {}, "drop"):
        found["cap_drop"] = dropped
    tmpfs = {}
    for mount in _either(linux, "tmpfs") or ():
        options = [f"size={int(_either(mount, 'size'))}m", *(_either(mount, "mountOptions") or ())]
        tmpfs[_either(mount, "containerPath")] = ",".join(options)
    # Fargate's volumes without a source are empty folders; MiniStack makes none.
    volumes = {_either(volume, "name"): volume for volume in task.get("volumes") or ()}
    for mount in definition.get("mountPoints") or ():
        volume = volumes.get(_either(mount, "sourceVolume")) or {}
        if not _either(_either(volume, "host") or {}, "sourcePath"):
            tmpfs[_either(mount, "containerPath")] = "mode=1777"
    if tmpfs:
        found["tmpfs"] = tmpfs
    if check := definition.get("healthCheck"):
        found["healthcheck"] = {
            "test": _either(check, "command"),
            "interval": int(_either(check, "interval") or 30) * _SECOND,
            "timeout": int(_either(check, "timeout") or 5) * _SECOND,
            "retries": int(_either(check, "retries") or 3),
            "start_period": int(_either(check, "startPeriod") or 0) * _SECOND,
        }
    if task.get("memory"):
        found["mem_limit"] = f"{int(task['memory'])}m"
    seconds = str(definition.get("stopTimeout") or _STOP_TIMEOUT)
    found["labels"] = {**made.get("labels", {}), STOP_TIMEOUT: seconds}
    return found


def _either(table: Mapping[str, Any], key: str) -> Any:
    """Return a value whose key is in the form of the API, or in that of a template."""
    return table.get(key, table.get(key[0].upper() + key[1:]))


def _true(value: object) -> bool:
    return str(value).lower() == "true"
