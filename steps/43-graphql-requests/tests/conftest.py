"""Fixtures for all tests."""

from functools import partial

import pytest


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Store uploads of tests in a temporary folder, and return it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Runs the callbacks of ``on_commit``, as the end of a transaction would."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash with MD5: a real hash is slow by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
