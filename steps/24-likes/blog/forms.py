"""The forms in which a post is written and changed, for every HTML interface."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from blog import images
from blog.models import Post
from blog.services import KEEP


class ImageField(forms.FileField):
    """Takes a file for an image, and makes of it what may be stored."""

    def to_python(self, data: UploadedFile | None) -> images.CleanImage | None:
        file = super().to_python(data)
        return file and images.clean(file)


class PostForm(forms.ModelForm):
    # Without a length of its own: the model counts. A browser would count an emoji as two.
    text = forms.CharField(
        help_text="1 to 280 characters.",
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
    )
    image = ImageField(
        required=False,
        help_text=images.RULE,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": "image/*"}),
    )

    class Meta:
        model = Post
        fields = ["text", "image"]


class EditForm(PostForm):
    """Shows what a post says, and asks what shall become of it and of its image."""

    remove_image = forms.BooleanField(
        required=False,
        label="Remove the image",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        # The post is not the form's instance: into that, a form writes even what it then refuses.
        super().__init__(*args, initial={"text": post.text}, **kwargs)
        if not post.image:
            del self.fields["remove_image"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("image") and data.get("remove_image"):
            self.add_error("remove_image", "Send another image, or remove this one: not both.")
        return data

    def changes(self) -> dict[str, Any]:
        """Return what ``edit_post`` is to change: an image that nobody speaks of stays."""
        image = None if self.cleaned_data.get("remove_image") else KEEP
        return {"text": self.cleaned_data["text"], "image": self.cleaned_data["image"] or image}
