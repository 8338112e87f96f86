"""Uploads of images in a form, beside the text. A rejected image leaves no file behind."""

import pytest

from blog.models import Post
from tests.factories import PostFactory
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
INVALID_FILES = {
    "text": b"just text",
    "svg": SVG,
    "short": draw("PNG", (400, 300))[:-40],
    "bomb": draw("PNG", (9_400, 9_400), "1"),
    "heavy": draw("PNG").ljust(5 * 1024 * 1024 + 1, b"\0"),
    "empty": b"",
}
FORM = b"--x\r\nContent-Disposition: form-data; name=%b\r\n\r\n%b\r\n--x--\r\n"


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    """Store the temporary files of large uploads in a folder of the test."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = folder
    return folder


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_image_is_published_by_a_form_and_shown_by_its_address(client, api, media, format):
    data = {"text": "one\r\ntwo", "image": upload(draw(format), "heron.txt")}
    response = client.post(f"{api}posts/", data, format="multipart")
    assert response.status_code == 201
    (path,) = files(media)
    shown = response.json()
    assert shown["text"] == "one\ntwo"
    assert shown["image"] == f"http://testserver/media/posts/{path.name}"


@pytest.mark.parametrize("content", INVALID_FILES.values(), ids=INVALID_FILES)
def test_anything_else_is_an_error_by_field_and_leaves_no_file(
    as_anna, anna, api, media, uploads, content
):
    post = PostFactory(author=anna)
    for method, address in [
        (as_anna.post, f"{api}posts/"),
        (as_anna.put, f"{api}posts/{post.pk}/"),
        (as_anna.patch, f"{api}posts/{post.pk}/"),
    ]:
        response = method(address, {"text": "A", "image": upload(content)}, format="multipart")
        assert (response.status_code, response.json().keys()) == (400, {"image"})
    assert Post.objects.get().text == post.text
    assert files(media) == files(uploads) == []


def test_wrong_text_leaves_no_file_either(client, api, media):
    data = {"text": "a" * 281, "image": upload(draw())}
    response = client.post(f"{api}posts/", data, format="multipart")
    assert (response.status_code, response.json().keys()) == (400, {"text"})
    assert not files(media)


@pytest.mark.parametrize("image", ["heron.png", 5, True, [], {}])
def test_image_is_a_file_and_no_json(client, api, image):
    response = client.post(f"{api}posts/", {"text": "A", "image": image})
    assert (response.status_code, response.json().keys()) == (400, {"image"})


@pytest.mark.parametrize(
    ("method", "data", "format", "stays"),
    [
        ("patch", {"text": "B"}, "multipart", True),
        ("patch", {"image": None}, "json", False),
        ("patch", {"image": ""}, "multipart", False),
        ("put", {"text": "B"}, "json", False),
        ("put", {"text": "B"}, "multipart", False),
        ("put", {"text": "B", "image": None}, "json", False),
    ],
)
def test_image_is_deleted_when_it_is_null_or_when_a_post_is_replaced_without_one(
    as_anna, anna, api, media, run_on_commit, method, data, format, stays
):
    post = PostFactory(author=anna, image=upload(draw()))
    with run_on_commit():
        response = getattr(as_anna, method)(f"{api}posts/{post.pk}/", data, format=format)
    assert response.status_code == 200
    assert (response.json()["image"] is not None) == stays == (len(files(media)) == 1)


def test_image_is_replaced_and_deleted_with_its_post(as_anna, anna, api, media, run_on_commit):
    post = PostFactory(author=anna, image=upload(draw()))
    with run_on_commit():
        data = {"image": upload(draw("JPEG"))}
        response = as_anna.patch(f"{api}posts/{post.pk}/", data, format="multipart")
    (path,) = files(media)
    assert response.json()["image"].endswith(f"/{path.name}")
    with run_on_commit():
        as_anna.delete(f"{api}posts/{post.pk}/")
    assert not files(media)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"text=A"),
        ("multipart/form-data; boundary=x", b"--x"),
        ("multipart/form-data; boundary=x", b"\xff" * 100),
        ("multipart/form-data; boundary=\xfc", b"text=A"),
        ("multipart/form-data; boundary=x", FORM % (b"other", b"A")),
        ("multipart/form-data; boundary=x", FORM % (b"text", b"a\0b")),
        ("multipart/form-data; boundary=x", FORM % (b"text; filename=a", b"A")),
        ("multipart/form-data; boundary=x", FORM % (b"image", b"A")),
        ("multipart/form-data; boundary=x", FORM.replace(b"--x--\r\n", b"") % (b"a", b"A") * 2000),
        ("multipart/form-data; boundary=x; charset=punycode", FORM % (b"text", b"\xff\0")),
    ],
    ids=range(10),
)
def test_odd_form_is_a_bad_request(client, api, content_type, body):
    response = client.post(f"{api}posts/", body, content_type=content_type)
    assert response.status_code == 400
    assert response.json().keys() <= {"text", "image", "detail"}
    assert not Post.objects.exists()


def test_text_field_that_is_too_large_is_refused_as_such(client, api):
    response = client.post(f"{api}posts/", {"text": "a" * 300_000}, format="multipart")
    assert response.status_code == 413
    assert response.json() == {"detail": "This request is too large. Nothing was stored."}
