"""The Celery application of the project: ``celery --app config worker`` runs its tasks."""

import logging
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

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
