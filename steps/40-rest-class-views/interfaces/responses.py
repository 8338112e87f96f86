"""Answers that Django has no class for, and where they may lead."""

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """Leads from a POST that has done its work to a page that a reload may fetch again."""

    status_code = 303


def page_here(request: HttpRequest, page: str, *, otherwise: str) -> str:
    """Return the page that a request names if it is one of this site, and the other if not."""
    here = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if here else otherwise
