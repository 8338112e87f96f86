"""Answers that Django has no class for."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """Leads from a POST that has done its work to a page that a reload may fetch again."""

    status_code = 303
