"""Redirects to the function views, for the pages that have no class yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import View


class FunctionRedirect(View):
    """Redirects to the function view of the same name, with query and body of the request."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = f"fbv:{request.resolver_match.url_name}"
        # Not a RedirectView: its 302 turns a POST into a GET. A 307 keeps the method and the body.
        address = reverse(name, kwargs=kwargs, query=request.GET)
        return HttpResponseRedirect(address, preserve_request=True)
