"""The app of the blog: what is published, and by whom."""

from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"

    def ready(self) -> None:
        """Connect what happens to files when posts change."""
        from blog import files  # noqa: F401
