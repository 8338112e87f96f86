"""The app of the blog: what is published, and by whom."""

from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"
