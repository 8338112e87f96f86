"""Which tasks the load balancer has sent a request to that is not answered yet."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class Traffic:
    """Requests under way, by the address of the task that they went to.

    Args:
        balancers: the load balancers.
        streaming: the class of a response whose body is passed on as it comes.
    """

    def __init__(self, balancers: Any, streaming: Any) -> None:
        self._count: Counter[str] = Counter()
        self._lock = threading.Lock()
        forward = balancers._proxy_http_target

        async def counted(target: Any, *args: Any, **more: Any) -> Any:
            host = str(target.get("Id", ""))
            self._add(host, 1)
            try:
                status, headers, body = await forward(target, *args, **more)
            except BaseException:
                self._add(host, -1)
                raise
            if not isinstance(body, streaming):
                self._add(host, -1)
                return status, headers, body
            send_body = body.runner

            async def send(*words: Any) -> None:
                try:
                    await send_body(*words)
                finally:
                    self._add(host, -1)

            return status, headers, streaming(send)

        balancers._proxy_http_target = counted

    def is_idle(self, host: str) -> bool:
        """Whether no request to a task is under way."""
        with self._lock:
            return not self._count[host]

    def _add(self, host: str, number: int) -> None:
        with self._lock:
            self._count[host] += number
