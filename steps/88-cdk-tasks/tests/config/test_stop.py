"""How a worker stops that has a task, in the environment of the image."""

import os
import re

import pytest
from django.conf import settings

from config.celery import app
from tests.worker import Worker, read


class WorkerOfImage(Worker):
    """A worker with the variable of the Dockerfile that says what SIGTERM means."""

    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
    variables = dict(re.findall(r"(REMAP_SIGTERM)=(\w+)", dockerfile))


@pytest.fixture
def fifo(tmp_path):
    """A named pipe: the task that reads it runs until somebody writes into it."""
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def start_task(fifo):
    """Publish a task, and wait until the only worker runs it."""
    assert WorkerOfImage.variables == {"REMAP_SIGTERM": "SIGQUIT"}
    read.delay(str(fifo))
    for attempt in range(60):
        if any((app.control.inspect(limit=1).active() or {}).values()):
            return
    pytest.fail("No worker has begun the task.")


def test_task_that_ends_in_time_is_finished(fifo, settings):
    settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3
    with WorkerOfImage() as worker:
        start_task(fifo)
        worker.process.terminate()
        worker.wait_for("Initiating Soft Shutdown")
        fifo.write_text("The end.")
        worker.wait_for("succeeded")
        assert worker.process.wait() == 0
    assert app.control.purge() == 0  # No message is left.


def test_task_that_takes_longer_is_handed_back_at_once_and_done_by_another_worker(fifo, settings):
    settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 0.1
    with WorkerOfImage() as worker:
        start_task(fifo)
        with WorkerOfImage() as other:
            worker.process.terminate()
            worker.wait_for("Restoring 1 unacknowledged message(s)")
            assert worker.process.wait() == 0
            other.wait_for("received")
            fifo.write_text("The end.")
            other.wait_for("succeeded")


def test_worker_stops_within_the_time_that_platforms_give_it_and_after_a_mail_is_sent():
    assert settings.EMAIL_TIMEOUT < settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT <= 20
