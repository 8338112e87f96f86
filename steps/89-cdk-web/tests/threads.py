"""Several threads at once, as with several visitors: each has a connection of its own."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

# In seconds: anything slower counts as hanging.
TIMEOUT = 10


def start(*functions: Callable) -> Future:
    """Call functions one after the other in a thread, and return the future result of the last."""

    def run() -> Any:
        try:
            connection.ensure_connection()
            return [function() for function in functions][-1]
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    return future


def run_at_once(*functions: Callable) -> list[Any]:
    """Call functions at the same time, and return what each returned or raised."""
    barrier = Barrier(len(functions), timeout=TIMEOUT)
    futures = [start(barrier.wait, function) for function in functions]
    return [future.exception(TIMEOUT) or future.result() for future in futures]


def wait_until_blocked() -> None:
    """Wait until another connection waits for the transaction of this one."""
    end = time.monotonic() + TIMEOUT
    query = "SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(query)
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise AssertionError("Nothing waits for this transaction.")
