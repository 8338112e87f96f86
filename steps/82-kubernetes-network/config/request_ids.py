"""The id of the request that a thread responds to, or for which a worker runs a task.

A context variable has a value of its own in each thread, and in each asynchronous task.
"""

import logging
from contextvars import ContextVar
from uuid import uuid4

# None outside of requests and tasks.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def new_request_id() -> str:
    """Return a random id: nobody can guess one, and no two are the same."""
    return uuid4().hex


class RequestIdFilter(logging.Filter):
    """Adds the id to each event, and lets all of them pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
