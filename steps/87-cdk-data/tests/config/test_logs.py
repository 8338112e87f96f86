"""Logs: each event is one line of JSON, and none has an address, a link's token or a password."""

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from celery.signals import setup_logging
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from accounts.tasks import send_password_reset, send_sign_up_mail
from accounts.tokens import encode_uid, password_reset_token_generator
from config.celery import app
from config.logs import JsonFormatter, TextFormatter, redact
from tests.worker import Beat, Worker

FIELDS = ["time", "level", "logger", "request_id", "message", "exception"]
# Serves three requests, warns, and fails: in a thread, and at the end.
WEB = """
import http.client, threading, warnings
from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from config.wsgi import application
server = WSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
server.set_app(application)
threading.Thread(target=server.serve_forever, daemon=True).start()
anna = "anna@mublog.example"
for path, host in [("/nothing/", "localhost"), (f"/?q={anna}", "localhost"), ("/", anna)]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request("GET", path, headers={"Host": host})
    connection.getresponse().read()
server.shutdown(), warnings.warn("old")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(), thread.join()
raise RuntimeError(anna)
"""
ANNA, PASSWORD = "anna@mublog.example", "a heron's password"

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(caplog):
    """Returns what this process has logged: each line, and the fields of each."""

    def log():
        return parse([JsonFormatter().format(record) for record in caplog.records])

    caplog.set_level(logging.INFO)
    return log


def parse(lines):
    """Return lines as one text, and the fields of each."""
    events = [json.loads(line) for line in lines]
    assert events and all(list(event) == FIELDS for event in events)
    return "".join(lines), events


def insert_twice(*args, **kwargs):
    """Fail as a service does that does not look first; Postgres names the address."""
    with transaction.atomic():
        User.objects.bulk_create([User(email=ANNA), User(email=ANNA)])


def test_every_line_of_a_web_process_is_json():
    # With DEBUG, pages find the static files where they are.
    variables = os.environ | {"LOG_FORMAT": "json", "DEBUG": "true"}
    options = {"cwd": settings.BASE_DIR, "env": variables, "capture_output": True, "text": True}
    result = subprocess.run([sys.executable, "-c", WEB], **options)
    assert (result.returncode, result.stderr) == (1, "")
    text, events = parse(result.stdout.splitlines())
    loggers = {event["logger"] for event in events}
    assert loggers >= {"django.request", "django.security.DisallowedHost", "django.server"}
    ids = [event["request_id"] for event in events]
    assert len({*ids[:-3]} - {None}) == 3 and ids.index(None) == len(ids) - 3  # Then no request.
    warning, in_thread, at_the_end = events[-3:]
    assert warning["logger"] == "py.warnings"
    assert in_thread["exception"].endswith("ZeroDivisionError: division by zero")
    assert at_the_end["exception"].endswith("RuntimeError: [redacted]")
    assert ANNA not in text


@pytest.mark.django_db(transaction=True)
def test_every_line_of_a_worker_and_a_beat_is_json(settings, monkeypatch):
    anna = User.objects.create_user(ANNA, PASSWORD)
    monkeypatch.setenv("LOG_FORMAT", "json")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.CELERY_BEAT_SCHEDULE = {}
    with Worker() as worker, Beat() as beat:
        send_password_reset.delay(anna.pk)  # Prints the mail.
        worker.wait_for("succeeded")
        send_sign_up_mail.delay(ANNA)  # No id, so the exception has the address in its message.
        worker.wait_for("raised unexpected")
    parse(beat.lines)
    text, events = parse(worker.lines)
    assert "celery.redirected" in {event["logger"] for event in events}
    assert events[-1]["exception"].startswith("Traceback (most recent call last):\n")
    assert ANNA not in text and "/password-reset/[redacted]" in text


def test_exception_that_ends_the_process_is_critical(log):
    sys.excepthook(ValueError, ValueError(ANNA), None)
    _, [event] = log()
    assert (event["level"], event["exception"]) == ("CRITICAL", "ValueError: [redacted]")


@pytest.mark.parametrize(("log_format", "redirected"), [("json", True), ("text", False)])
def test_celery_adds_no_handler(settings, monkeypatch, log_format, redirected):
    settings.LOG_FORMAT = log_format
    for name in ["stdout", "stderr", "__stdout__"]:
        monkeypatch.setattr(sys, name, getattr(sys, name))
    redirect = mock.Mock()
    monkeypatch.setattr(app.log, "redirect_stdouts", redirect)
    handlers = [*logging.root.handlers]
    setup_logging.send(sender=None, loglevel=logging.INFO)
    assert (logging.root.handlers, logging.root.level) == (handlers, logging.INFO)
    assert redirect.called == redirected


def test_row_that_postgres_refuses_is_not_logged(monkeypatch, log):
    monkeypatch.setattr(services, "sign_up", insert_twice)
    data = {"email": ANNA, "password": PASSWORD, "password_again": PASSWORD}
    response = Client(raise_request_exception=False).post("/fbv/accounts/sign-up/", data)
    assert response.status_code == 500
    text, events = log()
    assert events[-1]["exception"].count("DETAIL: [redacted]") == 2  # And in its cause.
    assert ANNA not in text and PASSWORD not in text


@pytest.mark.parametrize("page", ["activate", "password-reset-confirm"])
@pytest.mark.parametrize(("end", "status"), [("", 500), ("/x/", 404)])
def test_mailed_link_is_not_logged(page, end, status, monkeypatch, log):
    anna = User.objects.create_user(ANNA, PASSWORD)
    monkeypatch.setattr("interfaces.function_views.accounts.find_user", insert_twice)
    token = password_reset_token_generator.make_token(anna)
    url = reverse(f"fbv:{page}", args=[encode_uid(anna), token]) + end
    assert Client(raise_request_exception=False).get(url).status_code == status
    text, events = log()
    assert events[0]["message"].endswith("[redacted]") and token not in text


def test_sign_in_that_fails_logs_neither_address_nor_password(client, log):
    User.objects.create_user(ANNA, PASSWORD)
    data = {"email": ANNA, "password": PASSWORD[::-1]}
    assert client.post("/fbv/accounts/sign-in/", data).status_code == 400
    response = client.post("/api/fbv/token/", data, content_type="application/json")
    assert response.status_code == 400
    text, _ = log()
    assert ANNA not in text and PASSWORD[::-1] not in text


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        (f"Refused: {{'{ANNA}': (550, b'No')}}", "Refused: [redacted]': (550, b'No')}"),
        ('"anna b"@mublog.example,o\'hara@localhost', "[redacted],[redacted]"),
        ("on IP connections? /x/anna%40mublog.example/", "on IP connections? [redacted]/"),
        ("redis://:p@ss@redis.example:6379/1", "redis://[redacted]@redis.example:6379/1"),
        ('"GET /fbv/posts/?q=heron HTTP/1.1" 200', '"GET /fbv/posts/?[redacted] HTTP/1.1" 200'),
        ("DETAIL:  Key (key)=(a\n\nb).\n\n\nThe above", "DETAIL: [redacted]\n\nThe above"),
        ("LINE 1: SELECT 'heron'\n        ^", "LINE 1: [redacted]"),
        ("celery@worker-1 ready.", "celery@worker-1 ready."),
    ],
)
def test_redacted_text(text, logged):
    assert redact(text) == logged
    record = logging.makeLogRecord({"msg": text, "name": "test", "levelname": "INFO"})
    assert TextFormatter().format(record).endswith(f" INFO test: {logged}")


@pytest.mark.parametrize("part", ["a", "?", "%40", '"', "A ?", "://", "a.a@", "DETAIL: \n\nThe "])
def test_time_for_a_text_grows_with_its_length_alone(part):
    assert redact(f"{part * 100_000} {ANNA}").endswith("[redacted]")


def test_time_is_utc_and_other_fields_are_left_out(log):
    logging.getLogger("test").info("A", extra={"request": "the whole request"})
    _, [event] = log()
    age = datetime.now(UTC) - datetime.fromisoformat(event.pop("time"))
    assert timedelta(0) <= age < timedelta(minutes=1)
    fields = {"level": "INFO", "logger": "test", "message": "A"}
    assert event == fields | {"request_id": None, "exception": None}
