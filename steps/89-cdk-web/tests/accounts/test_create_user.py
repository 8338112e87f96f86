"""The command that creates a user who can sign in at once."""

import io
import sys

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db

ANNA = "anna@mublog.example"
PASSWORD = "correct horse"


@pytest.fixture
def create_user(monkeypatch):
    """Calls the command with a password in its standard input, as a program would."""

    def create_user(email, password=PASSWORD):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
        call_command("create_user", email)

    return create_user


def test_user_can_sign_in_at_once_and_has_no_special_permission(create_user, capsys):
    create_user("Anna@mublog.example")
    user = authenticate(username=ANNA, password=PASSWORD)
    assert not user.is_staff and not user.is_superuser
    assert capsys.readouterr().out == f"Created {user.name}.\n"


def test_person_at_a_terminal_is_asked_for_the_password(monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("accounts.management.commands.create_user.getpass", lambda: PASSWORD)
    call_command("create_user", ANNA)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    "email, password, reason",
    [("anna", PASSWORD, "valid email"), (ANNA, "12345678", "too common"), (ANNA, "", "too short")],
)
def test_invalid_address_and_weak_password_are_refused(email, password, reason, create_user):
    with pytest.raises(CommandError, match=reason):
        create_user(email, password)
    assert not User.objects.exists()


def test_address_that_is_taken_is_refused_and_its_password_stays(create_user):
    create_user(ANNA)
    with pytest.raises(CommandError, match="already exists"):
        create_user(ANNA.upper(), "another horse")
    assert User.objects.get().check_password(PASSWORD)
