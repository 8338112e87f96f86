"""Error responses of the API: the right status, and JSON that describes the error."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions, views
from rest_framework.response import Response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception, or None for an unexpected one.

    REST framework handles its own exceptions, ``Http404`` and ``PermissionDenied``. The other
    exceptions of the app are translated here, so that no view needs a ``try``.
    """
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError({"detail": " ".join(error.messages)})
    return views.exception_handler(error, context)
