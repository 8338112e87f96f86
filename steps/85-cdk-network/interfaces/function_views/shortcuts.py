"""A shortcut that the function views share."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_form(
    request: HttpRequest, template: str, form: BaseForm, **context: Any
) -> HttpResponse:
    """Render a form: with status 400 if it has errors, and 200 otherwise."""
    context["form"] = form
    return render(request, template, context, status=400 if form.errors else 200)
