"""The form for a new post, shared by every HTML interface."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from blog import images
from blog.models import MAX_LENGTH, Post


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
