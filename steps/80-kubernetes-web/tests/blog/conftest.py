"""Fixtures with a bucket, on a real S3 server in this process."""

import os
import runpy
from unittest import mock
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError
from moto.server import ThreadedMotoServer

from accounts.models import User
from tests.buckets import REGION, names


@pytest.fixture(scope="session")
def endpoint():
    """The URL of an S3 server."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def use_storage(settings, monkeypatch):
    """Makes the settings those of a deploy with a bucket on a server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    def use_storage(endpoint, bucket="mublog", region=REGION):
        variables = {"MEDIA_BUCKET": bucket, "MEDIA_REGION": region, "MEDIA_ENDPOINT": endpoint}
        with mock.patch.dict(os.environ, variables):
            values = runpy.run_path(settings.BASE_DIR / "config/settings.py")
        settings.STORAGES = {**settings.STORAGES, "default": values["STORAGES"]["default"]}
        settings.CONTENT_SECURITY_POLICY = values["CONTENT_SECURITY_POLICY"]
        return values

    return use_storage


@pytest.fixture
def bucket(endpoint, use_storage):
    """A bucket of this test alone, in which the site stores its images."""
    use_storage(endpoint, f"mublog-{uuid4().hex}")
    bucket = default_storage.bucket
    bucket.create(CreateBucketConfiguration={"LocationConstraint": REGION})
    return bucket


@pytest.fixture
def author():
    return User.objects.create_user("anna@mublog.example")


@pytest.fixture
def fail_after_upload(bucket, monkeypatch):
    """Makes the database fail when the image is already in the bucket."""

    def fail(self, *arguments):
        self.as_sql()  # Stores the image.
        assert len(names(bucket)) == 1
        raise DatabaseError

    monkeypatch.setattr("django.db.models.sql.compiler.SQLInsertCompiler.execute_sql", fail)
