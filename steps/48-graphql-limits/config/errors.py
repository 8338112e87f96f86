"""What is answered where no view gets to speak: a page for people, or JSON where programs ask."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

DETAILS = {
    400: "This request is not as it should be.",
    404: "There is nothing at this address.",
    413: "This request is too large. Nothing of it was kept.",
    415: "This site reads UTF-8 and no other charset.",
    503: "The site is busy. Try again in a moment.",
}


def refuse(request: HttpRequest, status: int) -> HttpResponse:
    """Answer with one of the statuses above, in the form that belongs to the address."""
    if request.path.startswith(reverse("graphql")):
        code = {404: "NOT_FOUND", 413: "LIMIT_EXCEEDED", 503: "UNAVAILABLE"}.get(
            status, "BAD_INPUT"
        )
        error = {"message": DETAILS[status], "extensions": {"code": code}}
        return JsonResponse({"errors": [error]}, status=status)
    if request.path.startswith(settings.JSON_PATHS):
        return JsonResponse({"detail": DETAILS[status]}, status=status)
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses, one for another host for example."""
    return refuse(request, 400)


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Answer a request for an address that no view has, with debugging switched on too."""
    return refuse(request, 404)
