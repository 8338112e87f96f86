"""Error responses of the API: the right status, and JSON in one of two shapes.

``{"text": ["…"]}`` for an error of a field, and ``{"detail": "…"}`` for any other.
"""

from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from rest_framework import exceptions, views
from rest_framework.response import Response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception, or None for an unexpected one.

    REST framework handles its own exceptions, ``Http404`` and ``PermissionDenied``. The exceptions
    of the services and of Django are translated here, so that no view needs a ``try``.
    """
    if isinstance(error, RequestDataTooBig):
        return None  # Django responds, with the 413 of ``config.errors``.
    if isinstance(error, ValidationError):
        fields = getattr(error, "message_dict", {"detail": error.messages})
        error = exceptions.ValidationError(fields)
    elif isinstance(error, ObjectDoesNotExist):
        error = exceptions.NotFound()
    elif isinstance(error, SuspiciousOperation):  # For example, thousands of fields in one form.
        error = exceptions.ParseError()
    response = views.exception_handler(error, context)
    if response is not None and isinstance(response.data.get("detail"), list):
        response.data["detail"] = " ".join(response.data["detail"])
    return response
