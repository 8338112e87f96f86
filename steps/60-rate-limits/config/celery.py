"""The Celery application of the project: ``celery --app config worker`` runs its tasks."""

import os

from celery import Celery

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

app = Celery("mublog")
# The settings that begin with CELERY_, read when they are first needed.
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
