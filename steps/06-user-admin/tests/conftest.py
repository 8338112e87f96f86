"""What holds for every test."""

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash with MD5: a real hash takes a second by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
