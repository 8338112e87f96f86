"""Responses that Django has no class for."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """Redirects after a successful POST, so that a reload does not send the form again."""

    status_code = 303
