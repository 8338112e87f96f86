"""Responses that Django has no class for, and safe redirects."""

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """Redirects with 303: the browser follows with GET, so a reload sends no form again."""

    status_code = 303


def safe_next_url(request: HttpRequest, *, otherwise: str) -> str:
    """Return the URL in ``next`` if it is on this site, and ``otherwise`` if it is not.

    A field of the form comes before the query, as in Django's ``RedirectURLMixin``.
    """
    url = request.POST.get("next", request.GET.get("next", ""))
    is_safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if is_safe else otherwise
