"""Password resets: who gets a link, what it does, and when it stops working."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.services import request_password_reset, reset_password
from accounts.tokens import activation_token_generator, password_reset_token_generator

pytestmark = pytest.mark.django_db

User = get_user_model()
ANNA = "anna@mublog.example"


@pytest.fixture
def anna():
    return User.objects.create_user(ANNA, "correct horse")


@pytest.fixture
def ask(run_on_commit, mailoutbox):
    """Requests a reset, and returns the two parts of the link, if one is mailed."""

    def ask(email=ANNA):
        mailoutbox.clear()
        with run_on_commit():
            request_password_reset(email=email)
        for mail in mailoutbox:
            assert mail.to == [ANNA]
            link = re.search(r"/password-reset/([^/]+)/([^/]+)/\n", mail.body)
            return {"uid": link[1], "token": link[2]}

    return ask


def assert_dead(link):
    with pytest.raises(ValidationError) as error:
        reset_password(**link, password="another staple")
    assert error.value.code == "invalid_link"
    assert authenticate(username=ANNA, password="another staple") is None


@pytest.mark.parametrize("password", ["correct horse", None])
def test_link_gives_its_owner_a_new_password_once(anna, ask, password):
    anna.set_password(password)
    anna.save()
    link = ask("ANNA@mublog.example")
    assert reset_password(**link, password="battery staple") == anna
    assert authenticate(username=ANNA, password="battery staple") == anna
    assert authenticate(username=ANNA, password="correct horse") is None
    assert_dead(link)


@pytest.mark.parametrize("email", ["", "anna", "berta@mublog.example", "a\0@b.example", "a@\ud800"])
def test_nobody_else_gets_a_mail(anna, ask, email):
    assert ask(email) is None


@pytest.mark.parametrize("awaits", [True, False], ids=["waiting", "locked"])
def test_inactive_account_has_no_reset(anna, ask, awaits):
    link = ask()
    User.objects.update(is_active=False, awaits_activation=awaits)
    assert ask() is None
    assert_dead(link)


@pytest.mark.parametrize(
    "change",
    [{"email": "anna.b@mublog.example"}, {"password": "!"}, {"last_login": timezone.now()}],
    ids=["address", "password", "sign-in"],
)
def test_link_dies_when_the_account_changes(anna, ask, change):
    link = ask()
    User.objects.update(**change)
    assert_dead(link)


def test_link_dies_after_a_day(anna, ask, monkeypatch):
    then = datetime.now() - timedelta(days=1, seconds=2)
    monkeypatch.setattr(password_reset_token_generator, "_now", lambda: then)
    link = ask()
    monkeypatch.undo()
    assert_dead(link)


def test_reset_needs_a_reset_token_and_a_strong_password(anna, ask):
    link = ask()
    for token in [activation_token_generator.make_token(anna), link["token"][:-1], "", "a-\ud800"]:
        assert_dead(link | {"token": token})
    for password in ["", "password", "anna@mublog", "\ud800" * 9]:
        with pytest.raises(ValidationError) as error:
            reset_password(**link, password=password)
        assert error.value.message_dict.keys() == {"password"}
