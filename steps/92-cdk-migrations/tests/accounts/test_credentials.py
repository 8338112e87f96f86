"""Checking an address and a password."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from accounts import services
from accounts.services import check_credentials

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


@pytest.mark.parametrize("email", ["anna@mublog.example", " ANNA@mublog.example "])
def test_user_is_found_by_address_and_password(anna, email):
    assert check_credentials(email=email, password="correct horse") == anna


@pytest.mark.parametrize(
    ("email", "password", "active"),
    [
        ("anna@mublog.example", "wrong", True),
        ("anna@mublog.example", "correct horse", False),
        ("anna@mublog.example", "correct horse\udfff", True),
        ("berta@mublog.example", "correct horse", True),
        ("anna", "correct horse", True),
        ("a\0\udfff@b.example", "correct horse", True),
        ("a" * 100_000, "correct horse", True),
        ("", "", True),
    ],
)
def test_every_failed_sign_in_is_the_same_error(anna, email, password, active):
    get_user_model().objects.update(is_active=active)
    with pytest.raises(ValidationError) as refused:
        check_credentials(email=email, password=password)
    assert refused.value.code == "invalid_login"
    assert refused.value.messages == ["Enter the e-mail address and the password of your account."]


def test_password_that_is_too_long_is_not_hashed(anna, monkeypatch):
    monkeypatch.setattr(services, "authenticate", pytest.fail)
    with pytest.raises(ValidationError, match="Enter the e-mail address"):
        check_credentials(email=anna.email, password="a" * 100_000)
