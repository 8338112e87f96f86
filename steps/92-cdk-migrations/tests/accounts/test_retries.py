"""Mails that are sent again, after a failure or by another worker, and still once."""

import os
import signal
import socket
from smtplib import SMTPServerDisconnected

import pytest
from aiosmtpd.controller import Controller
from celery.utils.time import get_exponential_backoff_interval
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError

from accounts import mail
from accounts.tasks import MailTask, send_password_reset, send_sign_up_mail
from tests.worker import Worker

User = get_user_model()
ANNA = "anna@mublog.example"


class MailServer:
    """A mail server, which can kill the process that is about to send it a mail."""

    def __init__(self):
        self.recipients = []
        self.to_kill = None  # The id of that process.

    async def handle_DATA(self, server, session, envelope):
        if self.to_kill:
            os.kill(self.to_kill, signal.SIGKILL)
            self.to_kill = None
            return "451 Too late"
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def mail_server(settings):
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_HOST, settings.EMAIL_PORT = free.getsockname()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    controller = Controller(server, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def anna(db):
    return User.objects.create_user(ANNA, "correct horse")


@pytest.fixture
def failures(monkeypatch):
    """The exceptions that the next mails fail with."""
    failures, send_mail = [], mail.send_mail

    def fail(*arguments):
        if failures:
            raise failures.pop()
        send_mail(*arguments)

    monkeypatch.setattr(mail, "send_mail", fail)
    return failures


@pytest.mark.parametrize("task", [send_sign_up_mail, send_password_reset])
@pytest.mark.parametrize(
    "causes", [[ConnectionRefusedError, SMTPServerDisconnected], [OperationalError, InterfaceError]]
)
def test_task_that_fails_twice_sends_one_mail(anna, task, causes, failures, mailoutbox):
    failures += causes
    task.apply([anna.pk])
    assert (failures, [sent.to for sent in mailoutbox]) == ([], [[ANNA]])


def test_task_gives_up_in_the_end(anna, failures, mailoutbox):
    failures += [ConnectionRefusedError()] * 100
    send_sign_up_mail.apply([anna.pk])
    assert len(failures) == 100 - 1 - MailTask.max_retries
    assert not mailoutbox


def test_mistake_in_the_program_is_not_tried_again(anna, failures):
    failures += [ValueError()] * 2
    with pytest.raises(ValueError):
        send_sign_up_mail.apply([anna.pk], throw=True)
    assert len(failures) == 1


def test_task_that_runs_again_sends_no_second_mail(anna, mailoutbox):
    for task_id in ["first", "first", "second"]:
        send_sign_up_mail.apply([anna.pk], task_id=task_id, throw=True)
    assert [sent.to for sent in mailoutbox] == [[ANNA]] * 2


def test_attempts_take_half_an_hour_and_none_waits_longer_than_the_broker():
    waits = [
        get_exponential_backoff_interval(
            MailTask.retry_backoff, retries, MailTask.retry_backoff_max
        )
        for retries in range(MailTask.max_retries)
    ]
    assert waits[:5] == [10, 20, 40, 80, 120]
    assert 25 * 60 < sum(waits) < 35 * 60
    longest = max(waits) + settings.CELERY_TASK_TIME_LIMIT
    assert longest < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


@pytest.mark.django_db(transaction=True)
def test_mail_is_sent_once_though_its_worker_is_killed(anna, mail_server):
    with Worker() as worker:
        mail_server.to_kill = int(worker.first_line.split()[-1])
        send_sign_up_mail.delay(anna.pk)
        worker.wait_for("succeeded")
    assert mail_server.recipients == [ANNA]
