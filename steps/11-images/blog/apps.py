"""Configuration of the blog app: posts and their authors."""

from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"
