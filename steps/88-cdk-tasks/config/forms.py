"""How forms are rendered: with Bootstrap's classes, and the templates below ``forms/``."""

from django.forms import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString


class BootstrapBoundField(BoundField):
    """A bound field that can render its widget with Bootstrap's CSS class."""

    def control(self) -> SafeString:
        """Render the widget with the class; ``{{ field }}``, as in the admin, omits it."""
        kind = "form-check-input" if self.widget_type == "checkbox" else "form-control"
        return self.as_widget(attrs={"class": kind})


class FormRenderer(TemplatesSetting):
    """Renders ``{{ form }}`` and ``{{ field.as_field_group }}`` with templates of the project."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = BootstrapBoundField
