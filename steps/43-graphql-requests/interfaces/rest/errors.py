"""How the API answers what goes wrong: with the right status, and JSON in one of two shapes.

``{"text": ["…"]}`` where an error belongs to a field, and ``{"detail": "…"}`` everywhere else.
"""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation, ValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception of a view, or None for one that nobody has foreseen.

    REST framework knows its own exceptions, ``Http404`` and ``PermissionDenied``. What else the
    services and Django raise is translated here, once, so that no view needs a ``try``.
    """
    if isinstance(error, ValidationError):
        fields = getattr(error, "message_dict", {"detail": error.messages})
        error = exceptions.ValidationError(fields)
    elif isinstance(error, ObjectDoesNotExist):
        error = exceptions.NotFound()
    elif isinstance(error, SuspiciousOperation):  # Thousands of fields in one form, for example.
        error = exceptions.ParseError()
    response = exception_handler(error, context)
    if response is not None and isinstance(response.data.get("detail"), list):
        response.data["detail"] = " ".join(response.data["detail"])
    return response
