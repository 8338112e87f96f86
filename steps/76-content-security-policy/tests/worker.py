"""Workers and beats in processes of their own, which load this module: ``--app tests.worker``."""

import json
import logging
import os
import subprocess
import sys
from threading import Timer
from typing import Self

from billiard import pool
from celery.signals import worker_process_init
from django.conf import settings
from django.core.cache import cache

from config.celery import app

# For how many tenths of a second a process of the pool, before it ends, waits until the worker has
# read its last result. A worker that is told to stop right after a task may not do that any more:
# by default, both would wait for half a minute.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10

# The settings that the tests change.
SHARED = [
    "CELERY_BEAT_SCHEDULE",
    "CELERY_BROKER_TRANSPORT_OPTIONS",
    "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT",
    "DATABASES",
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "MEDIA_ROOT",
]
for name, value in json.loads(os.environ.get("TEST_SETTINGS", "{}")).items():
    setattr(settings, name, value)
for options in settings.CACHES.values():
    options["KEY_PREFIX"] = os.environ.get("TEST_KEY_PREFIX", options["KEY_PREFIX"])


@worker_process_init.connect
def log_process(**kwargs: object) -> None:
    """Write the id of a process that runs tasks to the log: the worker itself runs none."""
    logging.getLogger(__name__).info("Process of the pool: %s", os.getpid())


@app.task
def read(fifo: str) -> None:
    """Wait until somebody writes into a named pipe."""
    with open(fifo) as file:
        file.read()


class Process:
    """Starts a process of Celery with an empty queue, and reads its log."""

    command: str
    started: str
    variables: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.lines: list[str] = []
        app.control.purge()  # Without what earlier tests have left.
        shared = json.dumps({name: getattr(settings, name) for name in SHARED}, default=str)
        command = f"--skip-checks --quiet --app tests.worker {self.command} --loglevel INFO"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", *command.split()],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {"TEST_SETTINGS": shared, "TEST_KEY_PREFIX": cache.key_prefix}
            | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.timer = Timer(60, self.process.kill)  # In seconds: anything slower counts as hanging.
        self.timer.start()
        self.first_line = self.wait_for(self.started)
        return self

    def wait_for(self, text: str) -> str:
        """Read the log up to a line that contains this text, and return the line."""
        while line := self.process.stdout.readline():
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"It never said {text!r}: {''.join(self.lines)}")

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()  # Ends after the current task.
        self.lines += self.process.communicate()[0].splitlines(keepends=True)
        self.timer.cancel()


class Worker(Process):
    """A worker, which runs one task at a time."""

    command, started = "worker --concurrency 1", "Process of the pool:"


class Beat(Process):
    """A beat, which publishes the tasks of the schedule."""

    command, started = "beat", "beat: Starting"
