"""The form in which a post is written, for every HTML interface."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from blog import images
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


class ImageField(forms.FileField):
    """Takes a file for an image, and makes of it what may be stored."""

    def to_python(self, data: UploadedFile | None) -> images.CleanImage | None:
        file = super().to_python(data)
        return file and images.clean(file)


class PostForm(forms.ModelForm):
    image = ImageField(
        required=False,
        help_text=images.RULE,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": "image/*"}),
    )

    class Meta:
        model = Post
        fields = ["text", "image"]
        widgets = {"text": Textarea(attrs={"class": "form-control", "rows": 4})}
        help_texts = {"text": "1 to 280 characters."}
