"""The way of a task: from a web process to the broker, and from there to a worker."""

import json
import pickle
import socket
from pathlib import Path

import pytest
from django.conf import settings

from blog.models import Post
from blog.services import publish_post
from blog.tasks import delete_image
from config.celery import app
from tests.pictures import draw, upload
from tests.worker import Worker

OPTIONS = settings.CELERY_BROKER_TRANSPORT_OPTIONS


@pytest.fixture
def image(admin_user):
    """The file of a post's image."""
    return Path(publish_post(text="A", author=admin_user, image=upload(draw())).image.path)


@pytest.fixture
def delete(admin_client, image, run_tasks, django_capture_on_commit_callbacks):
    """Deletes the post by its page, and commits; no task runs in this process."""

    def delete():
        with django_capture_on_commit_callbacks(execute=True):
            response = admin_client.post(f"/fbv/posts/{Post.objects.get().pk}/delete/")
        assert response.status_code == 303

    return delete


def test_worker_refuses_a_pickle_and_deletes_the_image(delete, image):
    pickled = {"content_type": "application/x-python-serialize", "content_encoding": "binary"}
    with Worker() as worker, app.producer_pool.acquire(block=True) as producer:
        body = pickle.dumps([[image.name], {}, {}])
        producer.publish(body, routing_key="mublog", **pickled)
        worker.wait_for("Refusing to deserialize untrusted content of type pickle")
        assert image.exists()
        delete()
        worker.wait_for("succeeded")
        assert not image.exists()


def test_message_is_json_in_the_one_queue(delete, image):
    delete()
    assert list(app.amqp.queues) == ["mublog"]
    with app.connection_for_read() as connection:
        message = app.amqp.queues["mublog"](connection.default_channel).get(no_ack=True)
    assert message.content_type == "application/json"
    assert json.loads(message.body)[:2] == [[f"posts/{image.name}"], {}]
    assert image.exists()


def test_image_is_deleted_at_once_if_the_broker_is_away(delete, image, use_broker, caplog):
    use_broker(1)
    delete()
    assert not image.exists()
    assert "the broker is away (Error 111" in caplog.text
    delete_image(f"posts/{image.name}")  # Safe to repeat.


def test_visitor_waits_less_than_a_second_for_a_silent_broker(delete, image, use_broker):
    with socket.create_server(("127.0.0.1", 0)) as server:
        use_broker(server.getsockname()[1])
        delete()
        server.setblocking(False)
        attempts = []
        with pytest.raises(BlockingIOError):
            while True:
                attempts.append(server.accept())
    assert not image.exists()
    assert 0 < len(attempts) * max(OPTIONS["socket_connect_timeout"], OPTIONS["socket_timeout"]) < 1


def test_no_worker_gets_a_message_while_another_runs_its_task():
    assert settings.CELERY_TASK_TIME_LIMIT < OPTIONS["visibility_timeout"]
