"""Settings and fixtures for all tests."""

from contextlib import contextmanager
from unittest import mock
from uuid import uuid4

import pytest
import redis
from celery.app.amqp import AMQP
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from kombu import pools

from accounts.models import User
from blog.models import Like, Post
from config.celery import app

# The prefix of this run's keys in Redis: no developer's worker takes a message of a test.
PREFIX = f"test-{uuid4().hex}:"


@pytest.fixture(autouse=True)
def media(settings, tmp_path_factory):
    """Store the uploads of each test in a temporary folder of its own, and return it."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / uuid4().hex
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def isolated_cache():
    """Give each test its own key prefix: `clear()` would empty a developer's cache as well.

    The caches of this thread keep their connections; another thread makes its own caches.
    """
    prefix = f"{PREFIX}{uuid4().hex}"
    for alias, options in settings.CACHES.items():
        options["KEY_PREFIX"] = caches[alias].key_prefix = prefix
        caches[alias].paused_until = 0.0


@pytest.fixture(scope="session", autouse=True)
def delete_keys():
    """Delete what this run leaves in Redis."""
    yield
    for url in [*settings.CACHES["default"]["LOCATION"], settings.CELERY_BROKER_URL]:
        with redis.from_url(url) as client:
            for key in client.scan_iter(f"{PREFIX}*"):
                client.delete(key)


@pytest.fixture
def set_cache_url(settings):
    """Makes this process use another server for its caches."""

    def set_cache_url(url):
        settings.CACHES = {
            alias: {**cache, "LOCATION": [url]} for alias, cache in settings.CACHES.items()
        }

    return set_cache_url


@pytest.fixture(autouse=True)
def commit_around_requests(monkeypatch):
    """Run the callbacks of ``on_commit`` before and after each request, as a commit would.

    Django's ``captureOnCommitCallbacks`` would not run those from before the request.
    """
    original = Client.request

    def commit():
        if connection.run_on_commit:  # Most requests leave nothing, and to patch takes time.
            with mock.patch.object(connection, "validate_no_atomic_block"):
                connection.run_and_clear_commit_hooks()

    def request(self, **environ):
        commit()
        response = original(self, **environ)
        commit()
        return response

    monkeypatch.setattr(Client, "request", request)


@pytest.fixture
def run_tasks():
    """Runs the tasks in the queue, as a worker would, but in this process and its transaction.

    Returns their names and arguments. Celery's own ``task_always_eager`` would neither publish a
    message nor turn it into JSON.
    """

    with app.connection_or_acquire() as connection:
        queue = app.amqp.queues["mublog"](connection.default_channel)

        def run_tasks():
            tasks = []
            while message := queue.get(no_ack=True, accept=["json"]):
                args, kwargs, _ = message.payload
                app.tasks[message.headers["task"]].apply(args, kwargs, throw=True)
                tasks.append((message.headers["task"], *args))
            return tasks

        queue.purge()  # Without what an earlier test has left.
        yield run_tasks


@pytest.fixture
def use_broker(monkeypatch):
    """Makes this process publish to another broker, on this machine."""

    def use_broker(port):
        connection = app.connection_for_write(f"redis://127.0.0.1:{port}")
        monkeypatch.setattr(AMQP, "producer_pool", pools.producers[connection])

    return use_broker


@pytest.fixture
def run_on_commit(django_capture_on_commit_callbacks, run_tasks):
    """Runs the callbacks of ``on_commit``, as the end of a transaction would, and their tasks."""

    @contextmanager
    def run_on_commit():
        with django_capture_on_commit_callbacks(execute=True):
            yield
        run_tasks()

    return run_on_commit


@pytest.fixture
def explain(db):
    """Returns the plan of a page of posts, of 2,000: Postgres reads a small table as a whole."""
    users = [User(email=f"{number}@mublog.example") for number in range(200)]
    authors = User.objects.bulk_create(users)
    posts = Post.objects.bulk_create([Post(text="A", author=author) for author in authors * 10])
    Like.objects.bulk_create([Like(post=post, user=authors[0]) for post in posts])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE blog_post, blog_like; SET LOCAL enable_bitmapscan = off")
    return lambda posts: posts[:21].explain()


def pytest_configure():
    """Hash with MD5, since a real hash is slow by design; prefix the keys of the broker.

    And leave static files where they are: no test needs `collectstatic`, unless it says so.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = PREFIX
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    settings.WHITENOISE_AUTOREFRESH = True  # Otherwise, each client would list the folder.
