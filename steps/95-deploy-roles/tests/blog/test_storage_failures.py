"""Images while their storage is away, or refuses us."""

import json
from unittest import mock

import pytest
from celery.exceptions import Retry
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError

from blog.exceptions import StorageUnavailable
from blog.models import Post
from blog.storage import ImageStorage
from tests.buckets import NEW, NOWHERE, names, publish
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db


def test_upload_is_refused_with_503_while_the_storage_is_away(use_storage, client, admin_client):
    use_storage(NOWHERE)
    page = client.post(NEW, {"text": "A heron", "image": upload(draw())})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "<h1>Busy</h1>" in page.text
    page = admin_client.post("/admin/blog/post/add/", {"text": "A", "image": upload(draw())})
    assert page.status_code == 503
    for api in ["fbv", "cbv"]:
        response = client.post(f"/api/{api}/posts/", {"text": "A heron", "image": upload(draw())})
        assert response.status_code == 503
        assert response.json() == {"detail": "The site is busy. Try again in a moment."}
    query = 'mutation ($image: Upload) {publishPost(text: "A", image: $image) {post {id}}}'
    operations = json.dumps({"query": query, "variables": {"image": None}})
    form = {"operations": operations, "map": '{"0": ["variables.image"]}', "0": upload(draw())}
    response = client.post("/graphql/", form)
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert not Post.objects.exists()


def test_bucket_that_refuses_us_is_a_503_too(endpoint, use_storage, client):
    use_storage(endpoint, "of-somebody-else")
    response = client.post(NEW, {"text": "A heron", "image": upload(draw())})
    assert response.status_code == 503


def test_no_wait_is_long(bucket):
    config = bucket.meta.client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 4)
    assert config.retries["total_max_attempts"] == 2


def test_image_without_a_post_is_deleted_when_the_storage_is_back(
    bucket, fail_after_upload, monkeypatch, run_tasks
):
    with monkeypatch.context() as patch, pytest.raises(DatabaseError):
        patch.setattr(ImageStorage, "delete", mock.Mock(side_effect=StorageUnavailable))
        publish()
    assert len(names(bucket)) == 1
    run_tasks()
    assert names(bucket) == []


def test_task_tries_again_when_the_storage_is_back(monkeypatch, media, run_on_commit):
    post = publish()
    with monkeypatch.context() as patch, pytest.raises(Retry, match="Retry in 10s") as retry:
        patch.setattr(FileSystemStorage, "delete", mock.Mock(side_effect=StorageUnavailable))
        with run_on_commit():
            post.delete()
    assert len([*media.rglob("*.webp")]) == 1
    retry.value.sig.apply(throw=True)
    assert [*media.rglob("*.webp")] == []
