"""Middleware of the project."""

from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.charset import UNSUPPORTED


def limit_body(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Respond with 413 to a body that is too large, before reading it; Django would use 400."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0  # Django treats an invalid length as no body.
        is_upload = request.content_type == "multipart/form-data"
        limit = settings.UPLOAD_MAX_SIZE if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length > limit:
            return render(request, "413.html", status=413)
        return get_response(request)

    return middleware


def require_utf8(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Respond with 415 to a request that ``config.charset`` has marked for its charset."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.content_type == UNSUPPORTED:
            return render(request, "415.html", status=415)
        return get_response(request)

    return middleware


class LockedDatabaseMiddleware:
    """Respond with 503, not 500, if another transaction locked the database for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError) and "locked" in str(exception):
            response = render(request, "503.html", status=503)
            response.headers["Retry-After"] = "5"  # In seconds.
            return response
