"""Responses that Django has no class for."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """Redirects with 303: the browser follows with GET, so a reload sends no form again."""

    status_code = 303
