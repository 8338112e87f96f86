"""The ASGI application of the project, for asynchronous servers."""

import os
from collections.abc import Callable
from typing import Any

from django.core.asgi import get_asgi_application

from config.charset import mark_content_type

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

django_application = get_asgi_application()


def mark_header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name == b"content-type":
        value = mark_content_type(value.decode("latin-1")).encode("latin-1")
    return name, value


async def application(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    headers = [mark_header(*header) for header in scope["headers"]]
    await django_application(scope | {"headers": headers}, receive, send)
