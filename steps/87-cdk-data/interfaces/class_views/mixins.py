"""Mixins for the pages of class-based views; each is listed before Django's view."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse


class PageMixin:
    """A read-only page: responds to GET and HEAD, and with 405 to other methods."""

    # Without this list, Django's views also respond to OPTIONS, and treat PUT as POST.
    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Checked before any other mixin checks the user: 405 is the same for everyone.
        if request.method.lower() not in self.http_method_names:
            return self.http_method_not_allowed(request)
        return super().dispatch(request, *args, **kwargs)


class FormPageMixin(PageMixin):
    """A page with a form; an invalid form is shown again with its errors, and with status 400."""

    http_method_names = ["get", "head", "post"]

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)
