"""The form for a new post, shared by every HTML interface."""

from django import forms

from blog.models import MAX_LENGTH, Post


class PostForm(forms.ModelForm):
    # No max_length here: the model checks it. A browser would count an emoji as two.
    text = forms.CharField(
        help_text=f"1 to {MAX_LENGTH} characters.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    class Meta:
        model = Post
        fields = ["text"]
