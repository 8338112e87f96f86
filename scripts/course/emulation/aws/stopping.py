"""How a task ends: out of the load balancer, SIGTERM, and SIGKILL after its time to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from .task_definitions import STOP_TIMEOUT

# A target that is deregistered gets so long for the requests that it has, and at least a moment.
_DEREGISTRATION = 30.0
_MOMENT = 1.0
# What the container printed last is read before it goes.
_READ = 1.0


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


def with_grace(
    ecs: Any,
    is_idle: Callable[[str], bool],
    background: Callable[[Callable[[], None]], None] = _in_background,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Give each container the time to stop that its definition says, and not in the caller's time.

    MiniStack gives each five seconds, while the API waits, and none for requests under way.

    Args:
        ecs: what stops them.
        is_idle: whether no request to an address is under way.
        background: runs something without waiting for it.
        sleep: waits.
    """
    remove = ecs._remove_docker_container

    def stop(client: Any, container: Any) -> None:
        if not client or container is None:
            return
        try:
            found = client.containers.get(container) if isinstance(container, str) else container
            seconds = int(found.labels.get(STOP_TIMEOUT, 30))
        except Exception:
            return  # It is gone.

        def work() -> None:
            hosts = addresses(found)
            for _ in range(int(_DEREGISTRATION / _MOMENT)):
                sleep(_MOMENT)
                if all(map(is_idle, hosts)):
                    break
            try:
                found.stop(timeout=seconds)
            except Exception:
                pass  # It has ended by itself.
            sleep(_READ)
            remove(client, found)

        background(work)

    ecs._remove_docker_container = stop


def addresses(container: Any) -> list[str]:
    """Return the addresses of a container in its networks."""
    networks = container.attrs.get("NetworkSettings", {}).get("Networks", {})
    return [network["IPAddress"] for network in networks.values() if network.get("IPAddress")]
