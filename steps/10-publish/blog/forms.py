"""The form in which a post is written, for every HTML interface."""

from typing import Any

from django import forms

from blog.models import Post


class Textarea(forms.Textarea):
    """Takes a line break for one character, and leaves it to the server to count them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        value = super().value_from_datadict(data, files, name)
        return value and value.replace("\r\n", "\n")

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        attrs = super().build_attrs(*args, **kwargs)
        attrs.pop("maxlength", None)  # A browser would count an emoji for two, and cut it off.
        return attrs


class PostForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ["text"]
        widgets = {"text": Textarea(attrs={"class": "form-control", "rows": 4})}
        help_texts = {"text": "1 to 280 characters."}
