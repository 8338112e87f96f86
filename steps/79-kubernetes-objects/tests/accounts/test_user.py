"""Users, whose e-mail addresses ignore case."""

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from accounts.fields import normalize_email

SPELLINGS = ["ANNA@xn--bcher-kva.example", "anna@bücher.EXAMPLE", "anna@BÜCHER.example"]


@pytest.fixture
def users(db):
    return get_user_model().objects


@pytest.fixture
def anna(users):
    return users.create_user("Anna@BÜCHER.example", "correct horse")


def test_new_user_has_no_privileges_and_a_canonical_address(anna):
    assert (anna.is_active, anna.is_staff, anna.is_superuser) == (True, False, False)
    assert str(anna) == "anna@xn--bcher-kva.example"
    assert anna.name == f"Member {anna.pk}"


def test_user_without_an_address_is_refused(users):
    with pytest.raises(ValueError, match="needs an e-mail address"):
        users.create_user("")


@pytest.mark.parametrize("email", SPELLINGS)
def test_address_is_unique_in_any_case(users, anna, email):
    with pytest.raises(IntegrityError):
        users.bulk_create([users.model(email=email)])


@pytest.mark.parametrize("email", SPELLINGS)
def test_address_does_not_become_that_of_another_user_in_any_case(users, anna, email):
    other = users.create_user("other@mublog.example")
    with pytest.raises(IntegrityError):
        users.filter(pk=other.pk).update(email=email)


@pytest.mark.parametrize("email", ["ANNA@mublog.example", "anna@BÜCHER.example", "änna@x.example"])
def test_database_rejects_a_non_canonical_address(anna, email):
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = %s", [email])


def test_database_rejects_an_active_user_who_awaits_activation(users, anna):
    with pytest.raises(IntegrityError, match="active_user_awaits_no_activation"):
        users.update(awaits_activation=True)


@pytest.mark.parametrize("email", SPELLINGS)
def test_user_is_found_and_signs_in_with_the_address_in_any_case(users, anna, email):
    assert users.get_by_natural_key(email) == anna
    assert authenticate(username=email, password="correct horse") == anna


@pytest.mark.parametrize("email", ["", "anna", "anna@", "a@ü..example", "a@" + "ü" * 300])
def test_invalid_address_cannot_sign_in(anna, email):
    assert authenticate(username=email, password="correct horse") is None


def test_domain_with_a_sharp_s_is_not_the_one_with_two_s(users):
    assert normalize_email("anna@STRAßE.example") == "anna@xn--strae-oqa.example"
    assert normalize_email("anna@strasse.example") == "anna@strasse.example"


@pytest.mark.parametrize("email", ["A@" + "ü" * 100_000, "A" * 100_000, " " * 100_000])
def test_overlong_address_is_rejected_unprocessed(anna, email):
    assert normalize_email(email) == email
    assert authenticate(username=email, password="correct horse") is None


@pytest.mark.parametrize("password", ["password", "8315620947", "short", "anna@xn--bcher"])
def test_guessable_password_is_refused(anna, password):
    with pytest.raises(ValidationError):
        validate_password(password, anna)


def test_superuser_comes_from_the_environment_once(users, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@mublog.example")
    call_command("createsuperuser", interactive=False)
    assert users.filter(is_staff=True, is_superuser=True).get().email == "root@mublog.example"

    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "ROOT@mublog.example")
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", interactive=False)
