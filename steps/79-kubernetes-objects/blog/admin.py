"""Posts in the admin."""

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models

from blog.forms import ImageField
from blog.models import Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["__str__", "author", "created_at"]
    list_select_related = ["author"]
    search_fields = ["text"]
    ordering = ["-pk"]
    autocomplete_fields = ["author"]
    # No max_length in the form: the model checks the length of the normalized text.
    formfield_overrides = {
        models.CharField: {"widget": AdminTextareaWidget, "max_length": None},
        models.FileField: {"form_class": ImageField, "max_length": None},
    }
