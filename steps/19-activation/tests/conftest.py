"""What holds for every test."""

from functools import partial

import pytest


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Keep what tests send in a folder of their own, and return it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Does what waits for the end of a transaction, as if there was one."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash with MD5: a real hash takes a second by design, and tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
