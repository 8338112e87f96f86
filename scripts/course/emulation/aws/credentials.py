"""The credentials of a role: those that a task is given are known, so signed URLs are verified."""

from __future__ import annotations

import time
from typing import Any

_LIFE = 3600


def register(imds: Any, sts: Any) -> None:
    """Let STS know the credentials that tasks are given; MiniStack makes them up.

    Args:
        imds: what gives them.
        sts: what knows those that were given.
    """
    document = imds._ecs_task_credentials_doc

    def registered() -> Any:
        found = document()
        role = found["RoleArn"].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        session = {
            "Arn": f"{role}/task",
            "AccountId": role.split(":")[4],
            "SecretAccessKey": found["SecretAccessKey"],
            "SessionToken": found["Token"],
            "Expiration": time.time() + _LIFE,
        }
        sts.register_session(found["AccessKeyId"], session)
        return found

    imds._ecs_task_credentials_doc = registered
