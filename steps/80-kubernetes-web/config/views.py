"""Views of the site as a whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Redirect to the list of posts; respond with 405 to methods other than GET and HEAD."""
    return redirect("fbv:post-list")
