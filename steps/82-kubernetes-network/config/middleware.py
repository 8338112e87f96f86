"""Middleware of the project."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from accounts.limits import RateLimitExceeded
from config.charset import UNSUPPORTED
from config.errors import error_response
from config.request_ids import new_request_id, request_id
from interfaces.database import SERVICE_UNAVAILABLE


class RequestIdMiddleware:
    """Give each request an id of its own, and send it back in the header ``X-Request-ID``.

    An id that a client sends counts for nothing: it could be that of another visitor's request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own = new_request_id()
        request_id.set(own)
        response = self.get_response(request)
        response.headers["X-Request-ID"] = own
        return response


@receiver(request_finished)
def forget_request_id(**kwargs: Any) -> None:
    """Forget the id after the response is sent, and after its line in the server's log."""
    request_id.set(None)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Adds the policy of the settings to each response, with the changes for its URL, if any."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponse, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for path, directives in settings.CONTENT_SECURITY_POLICIES.items():
            if request.path.startswith(path):
                parts.replace = directives
        return parts


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
            return error_response(request, 413)
        return get_response(request)

    return middleware


def require_utf8(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Respond with 415 to a request that ``config.charset`` has marked for its charset."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.content_type == UNSUPPORTED:
            return error_response(request, 415)
        return get_response(request)

    return middleware


class UnavailableDatabaseMiddleware:
    """Respond with 503, not 500, if the database or S3 is away, or a row is locked for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, SERVICE_UNAVAILABLE):
            response = error_response(request, 503)
            response.headers["Retry-After"] = "5"  # In seconds.
            return response


class RateLimitMiddleware:
    """Respond with 429 to a client that does something too often, and say when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RateLimitExceeded):
            response = error_response(request, 429)
            response.headers["Retry-After"] = f"{exception.retry_after}"  # In seconds.
            return response
