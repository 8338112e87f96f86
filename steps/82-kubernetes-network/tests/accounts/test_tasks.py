"""Mails by a worker: what a request leaves to it, and what it finds when it sends them."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.services import request_password_reset, sign_up
from accounts.tasks import send_password_reset, send_sign_up_mail
from tests.behaviour.drivers import DRIVERS

pytestmark = pytest.mark.django_db

User = get_user_model()
ANNA = "anna@mublog.example"
RESET = "accounts.tasks.send_password_reset"


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Runs the callbacks of ``on_commit``, and none of the tasks that they publish."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.mark.parametrize(
    "fields", [None, {}, {"is_active": False}], ids=["none", "active", "locked"]
)
def test_reset_does_the_same_work_for_every_address(commit, run_tasks, mailoutbox, fields):
    user = fields is not None and User.objects.create_user(ANNA, "correct horse", **fields)
    with CaptureQueriesContext(connection) as queries, commit():
        request_password_reset(email=ANNA)
    assert len(queries) == 1
    assert run_tasks() == [(RESET, user.pk if user else None)]
    assert [mail.to for mail in mailoutbox] == ([[ANNA]] if fields == {} else [])


@pytest.mark.django_db(transaction=True)
def test_sign_up_that_is_rolled_back_leaves_no_message(run_tasks, mailoutbox):
    with transaction.atomic():
        sign_up(email=ANNA, password="correct horse")
        assert run_tasks() == []
        transaction.set_rollback(True)
    assert run_tasks() == []
    sign_up(email=ANNA, password="correct horse")
    assert run_tasks() == [("accounts.tasks.send_sign_up_mail", User.objects.get().pk)]
    assert [mail.subject for mail in mailoutbox] == ["Activate your account"]


@pytest.mark.parametrize("site", DRIVERS.values(), ids=DRIVERS)
def test_visitor_gets_the_same_response_without_a_broker(
    site, commit, use_broker, mailoutbox, caplog
):
    def respond():
        first, second = site.visitor(), site.visitor()
        with commit():
            first.sign_up(ANNA, "correct horse")
            second.request_password_reset(ANNA)
        return first.received, second.received

    expected = respond()
    use_broker(1)
    assert respond() == expected
    lost = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    user = f"for user {User.objects.get().pk}: the broker is away (Error 111"
    assert len(lost) == 2 and all(user in message for message in lost)
    assert ANNA not in caplog.text and not mailoutbox


def test_worker_reads_what_has_become_of_the_account(mailoutbox):
    user = User.objects.create_user(ANNA, is_active=False, awaits_activation=True)
    send_sign_up_mail(user.pk)
    # The staff deactivated it: an activation link would let its owner in.
    User.objects.update(awaits_activation=False)
    send_sign_up_mail(user.pk)
    send_password_reset(user.pk)
    deleted = user.pk
    user.delete()
    send_sign_up_mail(deleted)
    send_password_reset(deleted)
    subjects = ["Activate your account", "You already have an account"]
    assert [mail.subject for mail in mailoutbox] == subjects
