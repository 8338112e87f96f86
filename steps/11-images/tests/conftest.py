"""What holds for every test."""

import pytest


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Keep what tests send in a folder of their own, and return it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash with MD5: a real hash takes a second by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
