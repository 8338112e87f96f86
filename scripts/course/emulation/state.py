"""What is in the emulated AWS: services, tasks, images, and what has not settled yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Service:
    """An ECS service.

    Attributes:
        name: its name.
        running: how many of its tasks run.
        desired: how many should.
        rollout: the state of its deployment.
    """

    name: str
    running: int
    desired: int
    rollout: str


@dataclass(frozen=True)
class Task:
    """An ECS task, running or ended.

    Attributes:
        name: what identifies it.
        service: the service that started it; empty for a task by itself.
        image: the image of its container, by repository and tag.
        status: its last status.
        created: when it was created, in seconds of the emulation's clock.
        stopped: when it ended; None as long as it runs.
        code: its exit code; None as long as it runs.
        reason: why it ended.
    """

    name: str
    service: str
    image: str
    status: str
    created: float
    stopped: float | None
    code: int | None
    reason: str


@dataclass(frozen=True)
class State:
    """The stacks, with the services and tasks of all clusters.

    Attributes:
        stacks: the status of each stack by its name.
        services: the services.
        tasks: the tasks.
    """

    stacks: Mapping[str, str]
    services: tuple[Service, ...]
    tasks: tuple[Task, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> State:
        """Read what the emulation tells."""
        services = tuple(Service(**service) for service in told["services"])
        tasks = tuple(Task(**task) for task in told["tasks"])
        return cls(dict(told["stacks"]), services, tasks)

    @property
    def alone(self) -> tuple[Task, ...]:
        """The tasks that no service started, the oldest first."""
        return tuple(sorted((t for t in self.tasks if not t.service), key=lambda t: t.created))

    @property
    def running(self) -> frozenset[str]:
        """The tasks of services that run, by their names."""
        return frozenset(t.name for t in self.tasks if t.service and t.status == "RUNNING")

    @property
    def images(self) -> dict[str, list[str]]:
        """The images of the tasks that run, by the name of their service."""
        found: dict[str, set[str]] = {}
        for task in self.tasks:
            if task.name in self.running:
                found.setdefault(task.service, set()).add(task.image)
        return {name: sorted(images) for name, images in found.items()}

    @property
    def unsettled(self) -> list[str]:
        """The services that do not run what they should, in words."""
        return [
            f"{service.name} runs {service.running} of {service.desired} tasks ({service.rollout})"
            for service in self.services
            if service.running != service.desired or service.rollout != "COMPLETED"
        ]


def more(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what is there afterwards and was not before, by kind; not the kinds without any."""
    found = {kind: sorted(set(names) - set(before.get(kind, ()))) for kind, names in after.items()}
    return {kind: names for kind, names in found.items() if names}
