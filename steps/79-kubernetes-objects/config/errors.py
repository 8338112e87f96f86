"""Error responses outside the views: a page for people, JSON for programs."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from config.request_ids import request_id
from interfaces.graphql_api.errors import ErrorCode, error_dict

DETAILS = {
    400: "Bad request: the server cannot read it.",
    404: "There is nothing at this URL.",
    413: "This request is too large. Nothing was stored.",
    415: "This site accepts only UTF-8.",
    429: "Too many attempts. Try again later.",
    500: "Something went wrong on our side.",
    503: "The site is busy. Try again in a moment.",
}
# In GraphQL, every other status has the code ``BAD_USER_INPUT``.
GRAPHQL_CODES = {
    404: ErrorCode.NOT_FOUND,
    413: ErrorCode.LIMIT_EXCEEDED,
    500: ErrorCode.INTERNAL_SERVER_ERROR,
    503: ErrorCode.UNAVAILABLE,
}


def error_response(request: HttpRequest, status: int) -> HttpResponse:
    """Return an error response with a status of ``DETAILS``, in the format of the URL."""
    if request.path.startswith(reverse("graphql")):
        code = GRAPHQL_CODES.get(status, ErrorCode.BAD_USER_INPUT)
        return JsonResponse({"errors": [error_dict(DETAILS[status], code)]}, status=status)
    if request.path.startswith(settings.JSON_PATHS):
        return JsonResponse({"detail": DETAILS[status]}, status=status)
    if status >= 500:
        # Without the request: its user and its messages may be in the database that is away.
        context = {
            "CSP_NONCE": getattr(request, "csp_nonce", ""),
            "request_id": request_id.get(),
        }
        return HttpResponse(render_to_string(f"{status}.html", context), status=status)
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to a request that Django itself rejects, for example for a wrong Host header."""
    return error_response(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to an exception that no code handles. Django logs it, and we tell nothing of it."""
    return error_response(request, 500)


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Respond with 404 to a URL that has no view, even in debug mode."""
    return error_response(request, 404)
