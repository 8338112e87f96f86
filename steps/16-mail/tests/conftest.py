"""Fixtures for all tests."""

import pytest


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Store uploads of tests in a temporary folder, and return it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash with MD5: a real hash is slow by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
