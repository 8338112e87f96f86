"""Images in a bucket: who reads them, and for how long they are there."""

import re
from html import unescape
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError

from blog.services import delete_post, edit_post
from tests.buckets import NEW, NOWHERE, names, publish
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db


def test_image_is_read_by_a_url_that_expires_and_by_no_other(bucket, endpoint, client):
    # Neither the name nor the type of an upload counts.
    image = SimpleUploadedFile("../a.html", draw("JPEG"), "text/html")
    client.post(NEW, {"text": "A heron", "image": image})
    (name,) = names(bucket)
    assert re.fullmatch(r"posts/[0-9a-f]{32}\.webp", name)
    page = client.get("/fbv/posts/")
    url = unescape(re.search(r'<img class="post-image" src="([^"]+)"', page.text)[1])
    plain, query = url.split("?")
    assert plain == f"{endpoint}/{bucket.name}/{name}"
    assert "X-Amz-Expires=900&" in query
    with urlopen(url) as response:
        assert response.read(4) == b"RIFF"
        assert response.headers["Content-Type"] == "image/webp"
        assert response.headers["Content-Disposition"] == "inline"
        assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    with pytest.raises(HTTPError, match="403"):
        urlopen(plain)


def test_type_is_signed_since_s3_cannot_send_nosniff(bucket):
    bucket.put_object(Key="posts/a.webp", Body=b"<script>", ContentType="text/html")
    url = default_storage.url("posts/a.webp")
    with urlopen(url) as response:
        assert response.headers["Content-Type"] == "image/webp"
    assert "&X-Amz-SignedHeaders=host&" in url
    assert "response-content-type=image%2Fwebp&" in url


def test_cached_posts_have_no_signed_url(bucket, client):
    publish()
    pages = [client.get("/fbv/posts/").text for _ in range(2)]
    assert all("X-Amz-Signature=" in page for page in pages)
    server = cache._cache.get_client()
    values = [server.get(key) for key in server.scan_iter(f"{cache.key_prefix}:*")]
    assert any(b".webp" in value for value in values)
    assert not any(b"X-Amz" in value for value in values)


def test_page_may_show_images_of_the_bucket_and_of_no_other(bucket, endpoint, client):
    policy = client.get("/fbv/posts/").headers["Content-Security-Policy"]
    (images,) = [directive for directive in policy.split("; ") if "img-src" in directive]
    images = images.replace(f"{endpoint}/{bucket.name}/", "(the bucket)")
    assert images == "img-src 'self' data: (the bucket)"


def test_api_shows_the_same_url(bucket, endpoint, client):
    publish()
    (post,) = client.get("/api/fbv/posts/").json()["results"]
    answer = client.get("/graphql/", {"query": "{posts {items {image}}}"}).json()
    for url in [post["image"], answer["data"]["posts"]["items"][0]["image"]]:
        with urlopen(url) as response:
            assert response.read(4) == b"RIFF"
            assert url.startswith(f"{endpoint}/{bucket.name}/posts/")


def test_image_is_deleted_by_the_worker_after_the_commit(bucket, author, run_on_commit):
    kept, post = publish(), publish(author)
    with run_on_commit():
        delete_post(post=post, user=author)
        assert len(names(bucket)) == 2
    assert names(bucket) == [kept.image.name]


def test_replaced_image_is_deleted_without_a_broker_too(
    bucket, author, use_broker, django_capture_on_commit_callbacks
):
    post = publish(author)
    use_broker(1)
    with django_capture_on_commit_callbacks(execute=True):
        post = edit_post(post=post, user=author, image=upload(draw("GIF")))
    assert names(bucket) == [post.image.name]


def test_post_that_is_not_stored_leaves_no_image_in_the_bucket(bucket, fail_after_upload):
    with pytest.raises(DatabaseError):
        publish()
    assert names(bucket) == []


def test_pages_without_an_upload_ask_the_storage_for_nothing(use_storage, client, bucket, author):
    post = publish(author)
    use_storage(NOWHERE)
    assert f"{NOWHERE}/mublog/{post.image.name}?" in client.get("/cbv/posts/").text
    assert client.post(NEW, {"text": "No image"}).status_code == 303
    edit_post(post=post, user=author, text="An otter")
    delete_post(post=post, user=author)


def test_bucket_needs_a_region_and_has_the_server_of_aws_by_default(use_storage):
    values = use_storage("")
    assert values["MEDIA_ENDPOINT"] == "https://s3.eu-central-1.amazonaws.com"
    assert default_storage.url("a.webp").startswith(f"{values['MEDIA_ENDPOINT']}/mublog/a.webp?")
    with pytest.raises(SystemExit, match="Cannot start: MEDIA_REGION is missing"):
        use_storage("", region="")
