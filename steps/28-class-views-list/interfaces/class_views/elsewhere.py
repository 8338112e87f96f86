"""Lends, from the function views, the pages that have no class yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import View


class Elsewhere(View):
    """Leads to the page of the same name among the function views, with all that was sent."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = f"fbv:{request.resolver_match.url_name}"
        # With 307, unlike 302, a POST stays a POST on its way, and keeps what is in it.
        address = reverse(name, kwargs=kwargs, query=request.GET)
        return HttpResponseRedirect(address, preserve_request=True)
