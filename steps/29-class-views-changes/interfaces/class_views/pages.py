"""What pages have in common, by class-based views; each class stands before a view of Django's."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse


class Page:
    """Is looked at, and changes nothing."""

    # Without this list, Django's views also answer OPTIONS, and take PUT for another POST.
    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Before any other class asks who is there: a wrong method is wrong for everybody.
        if request.method.lower() not in self.http_method_names:
            return self.http_method_not_allowed(request)
        return super().dispatch(request, *args, **kwargs)


class FormPage(Page):
    """Has a form on it; what comes back wrong is shown again beside its errors, with 400."""

    http_method_names = ["get", "head", "post"]

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)
