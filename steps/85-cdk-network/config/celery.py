"""The Celery application of the project: ``celery --app config worker`` runs its tasks."""

import logging
import os
import sys
from typing import Any

from celery import Celery, Task
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings

from config.request_ids import new_request_id, request_id

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

app = Celery("mublog")
# The settings that begin with CELERY_, read when they are first needed.
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(loglevel: int, **kwargs: Any) -> None:
    """Log as the settings say. Without a receiver, Celery would add handlers of its own."""
    logging.getLogger().setLevel(loglevel)
    if settings.LOG_FORMAT == "json":
        # What a task prints becomes an event, too; and what Celery itself prints when it is stopped
        # is left out. In text, printed mails stay as they are.
        app.log.redirect_stdouts("INFO")
        sys.__stdout__ = sys.stdout


@before_task_publish.connect
def send_request_id(headers: dict[str, Any], **kwargs: Any) -> None:
    """Send the id of the request, or of the task that is repeated, in a header of the message."""
    headers["request_id"] = request_id.get()


@task_prerun.connect
def take_request_id(task: Task, **kwargs: Any) -> None:
    """Run a task with the id of the message. A task that no request has published gets its own."""
    own = task.request.get("request_id") or request_id.get() or new_request_id()
    task.request.request_id_token = request_id.set(own)


@task_postrun.connect
def reset_request_id(task: Task, **kwargs: Any) -> None:
    """Restore what was there before the task, which may be a request in the same thread."""
    request_id.reset(task.request.request_id_token)
