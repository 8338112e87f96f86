"""A worker in a process of its own, which loads this module: ``celery --app tests.worker``."""

import json
import os
import subprocess
import sys
from threading import Timer

from billiard import pool
from django.conf import settings

from config.celery import app

# For how many tenths of a second a process of the pool, before it ends, waits until the worker has
# read its last result. A worker that is told to stop right after a task may not do that any more:
# by default, both would wait for half a minute.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10

# The settings that the tests change.
SHARED = ["CELERY_BROKER_TRANSPORT_OPTIONS", "MEDIA_ROOT"]
for name, value in json.loads(os.environ.get("TEST_SETTINGS", "{}")).items():
    setattr(settings, name, value)


class Worker:
    """Starts a worker with an empty queue, and reads its log."""

    def __enter__(self) -> "Worker":
        app.control.purge()  # Without what earlier tests have left.
        shared = json.dumps({name: getattr(settings, name) for name in SHARED}, default=str)
        command = "--skip-checks --app tests.worker worker --loglevel INFO --concurrency 1"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", *command.split()],
            cwd=settings.BASE_DIR,
            env=os.environ | {"TEST_SETTINGS": shared},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.timer = Timer(60, self.process.kill)  # In seconds: anything slower counts as hanging.
        self.timer.start()
        self.wait_for(" ready.")
        return self

    def wait_for(self, text: str) -> None:
        """Read the log up to a line that contains this text."""
        lines = []
        while not lines or text not in lines[-1]:
            lines.append(self.process.stderr.readline())
            assert lines[-1], f"The worker never said {text!r}: {''.join(lines)}"

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()  # Ends after the current task.
        self.process.communicate()
        self.timer.cancel()
