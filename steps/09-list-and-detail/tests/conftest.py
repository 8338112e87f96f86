"""Fixtures for all tests."""

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash with MD5: a real hash is slow by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
