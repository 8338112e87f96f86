"""The pages that belong to the site as a whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the list of posts; any method but GET and HEAD is answered with 405."""
    return redirect("fbv:posts")
