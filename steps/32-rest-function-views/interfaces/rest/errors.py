"""How the API answers what goes wrong: with the right status, and JSON that says what it is."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception of a view, or None for one that nobody has foreseen.

    REST framework knows its own exceptions, ``Http404`` and ``PermissionDenied``. What else the
    app raises is translated here, once, so that no view needs a ``try``.
    """
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError({"detail": " ".join(error.messages)})
    return exception_handler(error, context)
