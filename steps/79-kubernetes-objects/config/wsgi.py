"""The WSGI application of the project, for web servers."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from config.charset import mark_content_type

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    environ["CONTENT_TYPE"] = mark_content_type(environ.get("CONTENT_TYPE", ""))
    return django_application(environ, start_response)
