"""Responses that Django has no class for, and safe redirects."""

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """Redirects after a successful POST, so that a reload does not send the form again."""

    status_code = 303


def safe_next_url(request: HttpRequest, url: str, *, otherwise: str) -> str:
    """Return ``url`` if it is a URL on this site, and ``otherwise`` if it is not."""
    is_safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if is_safe else otherwise
