"""TLS: tasks verify the certificates of the database and the cache, as they do on AWS.

There, authorities sign them that every image trusts. Here, each emulation has its own; their
certificates are in a volume, which every task gets, and a variable that names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

_FILE = "authorities.pem"
# Where tasks find the volume.
_PLACE = "/emulated-trust"


def publish(authorities: Iterable[str], folder: Path) -> None:
    """Write the certificates of authorities into the folder of the volume."""
    (folder / _FILE).write_text("".join(authorities), encoding="ascii")


def share(ecs: Any, volume: str) -> None:
    """Let the containers of tasks trust what is in the volume."""
    arguments = ecs._build_run_kwargs

    def trusting(*args: Any, **more: Any) -> Any:
        found = arguments(*args, **more)
        found["volumes"] = [*(found.get("volumes") or ()), f"{volume}:{_PLACE}:ro"]
        found["environment"] = {**found["environment"], "SSL_CERT_FILE": f"{_PLACE}/{_FILE}"}
        return found

    ecs._build_run_kwargs = trusting
