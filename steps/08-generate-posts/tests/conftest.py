"""Settings and fixtures for all tests."""

from django.conf import settings


def pytest_configure():
    """Hash with MD5: a real hash is slow by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
