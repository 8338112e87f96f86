"""Health checks: what a load balancer and an orchestrator ask every few seconds."""

import logging
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from interfaces.database import DATABASE_UNAVAILABLE

logger = logging.getLogger(__name__)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Respond as long as this process can. If it cannot, a restart helps.

    Asks no other service: while the database is away, restarts would only make it worse.
    """
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Respond with 503 if the database is away, so that no visitor is sent to this process.

    The cache and the broker may be away. Unapplied migrations do not count, either: during a
    rollout, processes of the old version run on the new schema.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DATABASE_UNAVAILABLE as error:
        logger.warning("The database is unavailable: %s", error)
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


VIEWS = {"/health/live/": live, "/health/ready/": ready}


class HealthCheckMiddleware:
    """Respond to health checks, before any other middleware sees the request.

    They come over plain HTTP, and name an IP address as the host. So in the URL configuration, the
    views would be reached too late: after a redirect to https, or a 400 for the Host header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = VIEWS.get(request.path_info)
        if not view:
            return self.get_response(request)
        response = view(request)
        response.headers["Cache-Control"] = "no-store"
        # Undocumented: Django would log each 503 as an error. One warning is enough.
        response._has_been_logged = True
        return response
