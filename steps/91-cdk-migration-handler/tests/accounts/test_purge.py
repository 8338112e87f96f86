"""Accounts that nobody activated: which of them are deleted, and when."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts import services
from accounts.services import activate_account, purge_accounts, sign_up
from accounts.tokens import activation_token_generator, encode_uid
from tests.threads import TIMEOUT, start, wait_until_blocked

pytestmark = pytest.mark.django_db

User = get_user_model()
ANNA = "anna@mublog.example"
AWAITS = {"is_active": False, "awaits_activation": True}
OVERDUE = settings.ACTIVATION_PERIOD + timedelta(minutes=1)


def create(email=ANNA, age=OVERDUE, **fields):
    return User.objects.create_user(email, date_joined=timezone.now() - age, **AWAITS | fields)


@pytest.fixture
def overdue():
    """Three accounts that await activation for too long, beside others."""
    for age in [timedelta(), OVERDUE - timedelta(minutes=2)]:
        create(f"{age.days}@mublog.example", age)
    create("active@mublog.example", is_active=True)
    create("deactivated@mublog.example", awaits_activation=False)
    return {create(f"overdue-{number}@mublog.example") for number in range(3)}


def test_accounts_that_nobody_activated_are_deleted_and_counted(overdue, monkeypatch, capsys):
    monkeypatch.setattr(services, "PURGE_SIZE", 2)
    before = set(User.objects.all())
    call_command("purge_accounts")
    assert capsys.readouterr().out == "Deleted 3 account(s).\n"
    assert before - set(User.objects.all()) == overdue


def test_dry_run_changes_nothing_and_counts_the_same(overdue, capsys):
    before = set(User.objects.all())
    call_command("purge_accounts", dry_run=True)
    assert capsys.readouterr().out == "Would delete 3 account(s).\n"
    assert set(User.objects.all()) == before
    assert purge_accounts(dry_run=True) == purge_accounts() == 3
    assert purge_accounts() == 0


def test_link_in_the_mail_expires_before_the_account():
    assert timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT) < settings.ACTIVATION_PERIOD


def test_another_sign_up_begins_the_time_again():
    user = create()
    sign_up(email=ANNA, password="correct horse")
    assert purge_accounts() == 0
    user.refresh_from_db()
    assert user.awaits_activation


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["activate", "sign up"])
def test_account_that_its_owner_uses_at_this_moment_stays(change):
    user = create(password="correct horse")
    with transaction.atomic():
        if change == "activate":
            token = activation_token_generator.make_token(user)
            activate_account(uid=encode_uid(user), token=token)
        else:
            sign_up(email=ANNA, password="correct horse")
        assert start(purge_accounts).result(TIMEOUT) == 0
    assert User.objects.get() == user


@pytest.mark.django_db(transaction=True)
def test_sign_up_succeeds_while_its_old_account_is_deleted():
    create()
    with transaction.atomic():
        assert purge_accounts() == 1
        waiting = start(partial(sign_up, email=ANNA, password="correct horse"))
        wait_until_blocked()
    assert waiting.exception(TIMEOUT) is None
    assert User.objects.get().check_password("correct horse")
