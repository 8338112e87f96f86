"""Tasks by the clock: real beats publish them, and each runs once a night."""

from datetime import timedelta
from unittest import mock

import pytest
from celery.schedules import crontab
from django.contrib.sessions.models import Session
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.models import User
from accounts.tasks import clear_sessions, purge_accounts
from tests.worker import Beat

pytestmark = pytest.mark.django_db

TASKS = {"accounts.tasks.purge_accounts", "accounts.tasks.clear_sessions"}


@pytest.fixture
def each_second(settings):
    """The schedule, with each second instead of each night."""
    schedule = settings.CELERY_BEAT_SCHEDULE
    assert all(type(entry["schedule"]) is crontab for entry in schedule.values())
    settings.CELERY_BEAT_SCHEDULE = {
        name: {**entry, "schedule": 1} for name, entry in schedule.items()
    }


@pytest.fixture
def overdue():
    long_ago = timezone.now() - timedelta(days=365)
    fields = {"is_active": False, "awaits_activation": True, "date_joined": long_ago}
    return lambda: User.objects.create_user("anna@mublog.example", **fields)


def test_two_beats_publish_everything_and_each_task_runs_once(each_second, run_tasks, capfd):
    with Beat() as other, Beat() as beat:
        for _ in range(2):
            beat.wait_for("Sending due task purge-accounts")
            beat.wait_for("Sending due task clear-sessions")
        for each in [beat, other]:
            # A beat that is told to end while it publishes may not: Celery closes the connection
            # that is in use, logs the error, and carries on.
            each.process.kill()
    capfd.readouterr()
    published = [name for name, in run_tasks()]
    assert set(published) == TASKS and len(published) >= 6
    assert capfd.readouterr().out == "Deleted 0 account(s).\n"


def test_first_message_stays_the_first(overdue):
    for task_id in ["first", "second", "first"]:
        user = overdue()
        purge_accounts.apply(task_id=task_id, throw=True)
        assert User.objects.filter(pk=user.pk).exists() == (task_id == "second")
        user.delete()


def test_cleaning_is_tried_again_when_the_cache_is_back(overdue, monkeypatch):
    overdue()
    get_or_set = mock.Mock(side_effect=[RedisError(), RedisError(), "first"])
    monkeypatch.setattr("config.cache.RedisCache.get_or_set", get_or_set)
    purge_accounts.apply(task_id="first")
    assert get_or_set.call_count == 3
    assert not User.objects.exists()


def test_expired_sessions_are_deleted():
    now = timezone.now()
    for key, seconds in [("expired", -1), ("valid", 60)]:
        Session.objects.create(session_key=key, expire_date=now + timedelta(seconds=seconds))
    clear_sessions.apply(throw=True)
    assert Session.objects.get().session_key == "valid"
