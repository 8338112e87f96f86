"""Tokens: what is stored, and when they are revoked."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Token, User
from accounts.services import create_token, reset_password, revoke_token
from accounts.tokens import encode_uid, password_reset_token_generator

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return User.objects.create_user("anna@mublog.example", "correct horse")


def test_key_is_stored_nowhere_and_known_once(anna):
    (_, key), (_, other) = create_token(user=anna), create_token(user=anna)
    assert key != other and len(key) > 40
    for token in Token.objects.values():
        assert not {key, other} & {str(value) for value in token.values()}
    assert Token.objects.usable(key).get().user == anna
    assert str(Token.objects.usable(key).get()) == f"Token of {anna.pk}"


def test_creating_a_token_deletes_expired_ones(anna):
    create_token(user=anna)
    Token.objects.update(expires_at=timezone.now())
    _, key = create_token(user=anna)
    assert Token.objects.get() == Token.objects.usable(key).get()


def test_revoking_takes_one_token_and_no_other(anna):
    (_, key), (_, other) = create_token(user=anna), create_token(user=anna)
    for _ in range(2):
        revoke_token(key=key)
        assert not Token.objects.usable(key).exists()
    assert Token.objects.usable(other).exists()


def test_new_password_revokes_all_tokens_of_its_user_or_is_not_stored(anna, monkeypatch):
    berta = User.objects.create_user("berta@mublog.example")
    for user in [anna, anna, berta]:
        create_token(user=user)
    token = password_reset_token_generator.make_token(anna)
    reset_password(uid=encode_uid(anna), token=token, password="battery staple")
    with pytest.raises(ValidationError, match="address and the password"):
        create_token(user=anna)  # As if the old password had been checked before the reset.
    assert Token.objects.get().user == berta
    monkeypatch.setattr(User, "tokens", None)  # Revoking fails, after the user was stored.
    berta.set_password("battery staple")
    with pytest.raises(AttributeError), transaction.atomic():
        berta.save()
    assert not User.objects.get(pk=berta.pk).has_usable_password()


def test_new_password_by_the_staff_revokes_them_too(anna, client, admin_client, settings):
    create_token(user=anna)
    # Signing in rehashes a password with an outdated hasher: the password stays the same.
    scrypt = "django.contrib.auth.hashers.ScryptPasswordHasher"
    settings.PASSWORD_HASHERS = [scrypt, *settings.PASSWORD_HASHERS]
    assert client.login(username=anna.email, password="correct horse")
    assert Token.objects.exists()
    new = {"usable_password": "true", "password1": "battery staple", "password2": "battery staple"}
    for data in [new, {"usable_password": "false", "unset-password": ""}]:
        create_token(user=User.objects.get(pk=anna.pk))
        admin_client.post(f"/admin/accounts/user/{anna.pk}/password/", data)
        assert not Token.objects.exists()
