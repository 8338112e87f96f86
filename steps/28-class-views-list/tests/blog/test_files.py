"""Image files, which exist as long as a post shows them."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from blog.models import Post
from blog.services import publish_post
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

POSTS = "/admin/blog/post/"


@pytest.fixture
def posts(media):
    """Three posts with an image each."""
    return [publish_post(text=text, author=AnonymousUser(), image=upload(draw())) for text in "ABC"]


def names(media):
    return {f"posts/{path.name}" for path in media.rglob("*.webp")}


def test_image_is_deleted_with_its_post(posts, media, run_on_commit):
    with run_on_commit():
        posts[0].delete()
        assert len(names(media)) == 3
    assert names(media) == {posts[1].image.name, posts[2].image.name}


def test_post_is_deleted_though_its_file_cannot_be(posts, run_on_commit, monkeypatch, caplog):
    monkeypatch.delattr("django.core.files.storage.FileSystemStorage.delete")
    with run_on_commit():
        posts[0].delete()
    assert "must provide a delete() method" in caplog.text


def test_images_are_deleted_with_several_posts(admin_client, posts, media, run_on_commit):
    pks = [post.pk for post in posts[:2]]
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": pks}
    with run_on_commit():
        admin_client.post(POSTS, chosen)
    assert Post.objects.get() == posts[2]
    assert names(media) == {posts[2].image.name}


def test_image_is_deleted_when_another_replaces_it(admin_client, posts, media, run_on_commit):
    old, data = posts[0].image.name, {"text": "A", "image": upload(draw("GIF"))}
    with run_on_commit():
        admin_client.post(f"{POSTS}{posts[0].pk}/change/", data)
    posts[0].refresh_from_db()
    assert names(media) == {post.image.name for post in posts} - {old}


def test_image_is_deleted_when_it_is_removed(admin_client, posts, media, run_on_commit):
    with run_on_commit():
        admin_client.post(f"{POSTS}{posts[0].pk}/change/", {"text": "A", "image-clear": "on"})
    assert names(media) == {posts[1].image.name, posts[2].image.name}


def test_image_stays_while_its_post_shows_it(posts, media, run_on_commit):
    posts[0].image = ""
    with run_on_commit():
        posts[0].save(update_fields=["text"])
        posts[1].save()
    assert len(names(media)) == 3
    with run_on_commit():
        posts[0].save(update_fields=["image"])
    assert names(media) == {posts[1].image.name, posts[2].image.name}


@pytest.mark.django_db(transaction=True)
def test_image_comes_back_with_a_post_that_a_rollback_brings_back(posts, media):
    with transaction.atomic():
        posts[0].delete()
        transaction.set_rollback(True)
    assert len(names(media)) == Post.objects.count() == 3
    Post.objects.all()[0].delete()
    assert len(names(media)) == Post.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_image_stays_if_its_post_cannot_be_saved(posts, media):
    posts[0].text = posts[0].image = ""
    with pytest.raises(IntegrityError):
        posts[0].save()
    assert len(names(media)) == 3
    posts[0].save(update_fields=["image"])
    assert len(names(media)) == 2
