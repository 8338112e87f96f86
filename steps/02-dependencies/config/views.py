"""Views of the site as a whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page; respond with 405 to methods other than GET and HEAD."""
    return render(request, "home.html")
