"""RDS: a DB instance is a Postgres server, ready before its stack goes on; the time-out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

_TIMEOUT = 120.0
_PAUSE = 0.25


def start_servers(provisioners: Any, rds: Any, sleep: Callable[[float], None] = time.sleep) -> None:
    """Start a container for each DB instance, and take it away with the instance."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]
    create, delete = handlers["create"], handlers["delete"]

    def created(logical_id: str, properties: Any, stack: str) -> Any:
        name, _ = create(logical_id, properties, stack)
        instance = rds._instances[name]
        rds._start_rds_container_for_instance(name, instance)
        container = rds._get_docker().containers.get(rds._rds_docker_name(name))
        # By TCP: on its socket, the server answers before it has made the database.
        asked = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", instance["MasterUsername"]]
        for _ in range(int(_TIMEOUT / _PAUSE)):
            if container.exec_run(asked)[0] == 0:
                break
            sleep(_PAUSE)
        else:
            raise RuntimeError(f"the database {name} did not start")
        container.reload()
        (network,) = container.attrs["NetworkSettings"]["Networks"].values()
        instance["Endpoint"].update(Address=network["IPAddress"], Port=5432)
        return name, provisioners._rds_db_instance_attrs(instance)

    def deleted(name: str, properties: Any) -> Any:
        try:
            container = rds._get_docker().containers.get(rds._rds_docker_name(name))
            container.remove(force=True, v=True)
        except Exception:
            pass  # It is gone.
        return delete(name, properties)

    handlers.update(create=created, delete=deleted)
