"""The users of these tests."""

import pytest
from django.contrib.auth import get_user_model


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")
