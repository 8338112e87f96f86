"""One id for each request: in its response, in its log, and in the tasks that it leaves behind."""

import json
import logging
import re
from contextvars import copy_context
from threading import Barrier

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory

from accounts.limits import RateLimitExceeded
from accounts.models import User
from accounts.tasks import clear_sessions, send_password_reset
from config.celery import app
from config.middleware import RequestIdMiddleware
from config.request_ids import request_id
from tests.threads import run_at_once
from tests.worker import Worker

HEADER, ID = "X-Request-ID", re.compile("[0-9a-f]{32}")

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_message():
    """Returns the headers of the one message in the queue."""

    def last_message():
        with app.connection_for_read() as connection:
            return app.amqp.queues["mublog"](connection.default_channel).get(no_ack=True).headers

    app.control.purge()
    return last_message


def test_every_response_has_an_id_of_its_own_and_a_forged_one_is_replaced(client):
    forged = "f" * 32
    responses = [client.get("/", headers={HEADER: forged}) for _ in range(2)]
    first, second = [response.headers[HEADER] for response in responses]
    assert ID.fullmatch(first) and ID.fullmatch(second)
    assert len({first, second, forged}) == 3
    assert request_id.get() is None  # The responses are sent.


@pytest.mark.parametrize("path", ["/fbv/posts/", "/api/fbv/posts/", "/graphql/?query={me{email}}"])
@pytest.mark.parametrize(
    "exception",
    [ValueError(), OperationalError(), RateLimitExceeded(5), Http404(), PermissionDenied()],
)
def test_every_error_has_the_id_of_its_lines(path, exception, admin_user, monkeypatch, caplog):
    def load(self):
        raise exception

    client = Client(raise_request_exception=False)
    client.force_login(admin_user)
    monkeypatch.setattr(SessionStore, "load", load)
    response = client.get(path)
    assert ID.fullmatch(response.headers[HEADER])
    assert {record.request_id for record in caplog.records} == {response.headers[HEADER]}
    is_page_of_fault = (path, response.status_code) == ("/fbv/posts/", 500)
    assert (f"<code>{response.headers[HEADER]}</code>" in response.text) == is_page_of_fault


def test_two_requests_at_once_do_not_mix():
    barrier = Barrier(2, timeout=10)

    def view(request):
        before = request_id.get()
        barrier.wait()  # Now both have begun.
        return HttpResponse(f"{before} {request_id.get()}")

    def send():
        response = RequestIdMiddleware(view)(RequestFactory().get("/"))
        return response.headers[HEADER], response.text

    (first, seen_by_first), (second, seen_by_second) = run_at_once(send, send)
    assert (seen_by_first, seen_by_second) == (f"{first} {first}", f"{second} {second}")
    assert first != second


@pytest.mark.django_db(transaction=True)
def test_worker_names_the_id_of_the_request(client, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    User.objects.create_user("anna@mublog.example")
    with Worker() as worker:
        response = client.post("/fbv/accounts/password-reset/", {"email": "anna@mublog.example"})
        of_request = json.loads(worker.wait_for("succeeded"))["request_id"]
        clear_sessions.delay()  # As beat does, in no request.
        of_beat = json.loads(worker.wait_for("succeeded"))["request_id"]
    assert of_request == response.headers[HEADER]
    assert ID.fullmatch(of_beat) and of_beat != of_request


def test_message_has_the_id_also_if_a_task_publishes_it(last_message, monkeypatch):
    def publish(method):
        request_id.set("a")
        method([None])
        return last_message()["request_id"]

    assert copy_context().run(publish, send_password_reset.apply_async) == "a"
    monkeypatch.setattr(send_password_reset, "run", lambda user_id: clear_sessions.delay())
    assert copy_context().run(publish, send_password_reset.apply) == "a"


def test_task_that_runs_in_a_request_has_its_id_and_leaves_it(caplog):
    def request():
        request_id.set("a")
        send_password_reset.apply([None])
        return request_id.get()

    caplog.set_level(logging.INFO)
    assert copy_context().run(request) == "a"
    assert {record.request_id for record in caplog.records} == {"a"}
    send_password_reset.apply([None])
    assert ID.fullmatch(caplog.records[-1].request_id) and request_id.get() is None
