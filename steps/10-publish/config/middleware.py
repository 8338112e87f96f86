"""Middleware of the project."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def limit_body(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Respond with 413 to a body that is too large, before reading it; Django would use 400."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0  # Django treats an invalid length as no body.
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length > limit:
            return render(request, "413.html", status=413)
        return get_response(request)

    return middleware
