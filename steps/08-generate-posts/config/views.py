"""The pages that belong to the site as a whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page; any method but GET and HEAD is answered with 405."""
    return render(request, "home.html")
