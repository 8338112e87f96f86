"""Configuration of the blog app: posts and their authors."""

from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"

    def ready(self) -> None:
        """Register the signal handlers."""
        from blog import signals  # noqa: F401
