"""What only two at once show: sign-ups, activations and new passwords of one account."""

from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Token
from accounts.services import activate_account, create_token, reset_password, sign_up
from accounts.tokens import (
    activation_token_generator,
    encode_uid,
    password_reset_token_generator,
)
from tests.threads import TIMEOUT, run_at_once, start, wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)

ANNA = "anna@mublog.example"
User = get_user_model()


def link(user, token_generator):
    return {"uid": encode_uid(user), "token": token_generator.make_token(user)}


def test_sixteen_sign_ups_at_once_make_one_account_without_a_password(run_tasks, mailoutbox):
    sign_ups = [partial(sign_up, email=ANNA, password=f"correct horse {n}") for n in range(16)]
    assert run_at_once(*sign_ups) == [None] * 16
    user = User.objects.get()
    assert (user.awaits_activation, user.has_usable_password()) == (True, False)
    run_tasks()
    assert [mail.to for mail in mailoutbox] == [[ANNA]] * 16


def test_sign_up_that_waits_for_the_activation_takes_no_password_away():
    sign_up(email=ANNA, password="correct horse")
    user = User.objects.get()
    with transaction.atomic():
        activate_account(**link(user, activation_token_generator))
        waiting = start(partial(sign_up, email=ANNA, password="battery staple"))
        wait_until_blocked()
    assert waiting.exception(TIMEOUT) is None
    user.refresh_from_db()
    assert (user.is_active, user.check_password("correct horse")) == (True, True)


def test_link_is_used_once_by_two_at_once():
    user = User.objects.create_user(ANNA, "correct horse")
    arguments = link(user, password_reset_token_generator) | {"password": "battery staple"}
    with transaction.atomic():
        reset_password(**arguments)
        waiting = start(partial(reset_password, **arguments))
        wait_until_blocked()
    assert type(waiting.exception(TIMEOUT)) is ValidationError


def test_token_that_waits_for_a_new_password_is_not_created():
    user = User.objects.create_user(ANNA, "correct horse")
    with transaction.atomic():
        reset_password(**link(user, password_reset_token_generator), password="battery staple")
        waiting = start(partial(create_token, user=user))
        wait_until_blocked()
    assert type(waiting.exception(TIMEOUT)) is ValidationError
    assert not Token.objects.exists()
