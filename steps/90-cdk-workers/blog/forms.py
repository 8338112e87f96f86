"""The forms for new and existing posts, shared by every HTML interface."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from blog import images
from blog.models import MAX_LENGTH, Post
from blog.services import KEEP


class ImageField(forms.FileField):
    """A file field that returns an image which is safe to store."""

    def to_python(self, data: UploadedFile | None) -> images.CleanImage | None:
        file = super().to_python(data)
        return file and images.clean_upload(file)


class PostForm(forms.ModelForm):
    # No max_length here: the model checks it. A browser would count an emoji as two.
    text = forms.CharField(
        help_text=f"1 to {MAX_LENGTH} characters.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    image = ImageField(
        required=False, help_text=images.RULES, widget=forms.FileInput(attrs={"accept": "image/*"})
    )

    class Meta:
        model = Post
        fields = ["text", "image"]


class PostUpdateForm(PostForm):
    """Edits the text of a post, and keeps, replaces or removes its image."""

    remove_image = forms.BooleanField(required=False, label="Remove the image")

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        # The post is not the form's instance: a form assigns values to its instance before it
        # validates them.
        super().__init__(*args, initial={"text": post.text}, **kwargs)
        if not post.image:
            del self.fields["remove_image"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("image") and data.get("remove_image"):
            self.add_error("remove_image", "Choose a new image or remove this one, not both.")
        return data

    def changes(self) -> dict[str, Any]:
        """Return the arguments for ``edit_post``; ``KEEP`` leaves the image unchanged."""
        image = None if self.cleaned_data.get("remove_image") else KEEP
        return {"text": self.cleaned_data["text"], "image": self.cleaned_data["image"] or image}
