"""Images beside a document, by the GraphQL multipart request specification."""

import json

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from blog.models import Post
from blog.services import publish_post
from tests.graphql_api.client import refusal, send
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

PUBLISH = """
    mutation ($text: String!, $image: Upload) {
      publishPost(text: $text, image: $image) { post { image } }
    }
"""
EDIT = """
    mutation ($id: Int!, $image: Upload, $removeImage: Boolean) {
      editPost(id: $id, image: $image, removeImage: $removeImage) { post { image } }
    }
"""
OPERATIONS = {"query": PUBLISH, "variables": {"text": "About herons", "image": None}}
PLACES = {"0": ["variables.image"]}


def send_form(client, operations=OPERATIONS, places=PLACES, content=draw(), **options):
    form = {"operations": json.dumps(operations), "map": json.dumps(places), "0": upload(content)}
    return client.post("/graphql/", form, **options)


def test_image_is_published(client):
    response = send_form(client)
    image = f"http://testserver/media/{Post.objects.get().image.name}"
    assert response.json() == {"data": {"publishPost": {"post": {"image": image}}}}


def test_file_that_is_not_an_image_is_a_field_error_and_leaves_no_file(client, media):
    response = send_form(client, content=b"no image")
    assert (response.status_code, refusal(response)) == (200, ("BAD_USER_INPUT", {"image"}))
    assert not Post.objects.exists()
    assert not list(media.rglob("*.*"))


def test_image_stays_unless_another_is_sent_or_it_is_taken_away(client, anna, media):
    post = publish_post(text="A", author=anna, image=upload(draw()))
    client.force_login(anna)
    # A null without a file counts as not given.
    response = send(client, EDIT, id=post.pk, image=None, removeImage=None)
    assert post.image.name in response.text
    both = {"id": post.pk, "image": None, "removeImage": True}
    response = send_form(client, {"query": EDIT, "variables": both})
    assert refusal(response) == ("BAD_USER_INPUT", {"removeImage"})
    response = send(client, EDIT, id=post.pk, removeImage=True)
    assert response.json() == {"data": {"editPost": {"post": {"image": None}}}}


@pytest.mark.parametrize("image", ["posts/a.webp", 7, {}, {"file": "a"}])
def test_value_that_was_not_uploaded_is_not_a_file(client, image):
    response = send(client, PUBLISH, text="A", image=image)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    response = send(client, 'mutation { publishPost(text: "A", image: "a") { post { id } } }')
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))


@pytest.mark.parametrize(
    "places",
    [
        None,
        [],
        {"0": "variables.image"},
        {"0": [{}]},
        {"0": ["variables.image", "variables.text"]},
        {"0": ["variables.image"], "1": ["variables.image"]},
        {"1": ["variables.image"]},
        {"0": ["variables.text"]},
        {"0": ["variables.other"]},
        {"0": ["variables.image.0"]},
        {"0": ["__class__.__init__"]},
        {"0": ["variables.image"], "operations": []},
    ],
)
def test_map_names_one_place_for_each_file_that_is_there(client, places):
    response = send_form(client, places=places)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    assert "map" in response.text
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    "operations",
    [None, [], [OPERATIONS], {}, {"query": PUBLISH}, OPERATIONS | {"variables": [None]}],
)
def test_operations_are_one_request_with_variables(client, operations):
    response = send_form(client, operations)
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    assert "operations" in response.text


def test_form_that_lacks_a_part_or_cannot_be_read_is_refused(client):
    broken = {"content_type": "multipart/form-data"}
    for response in [
        client.post("/graphql/", {"operations": json.dumps(OPERATIONS)}),
        client.post("/graphql/", {"operations": upload(b"{}"), "map": "{}"}),
        client.post("/graphql/", {"operations": "{", "map": "{}"}),
        client.post("/graphql/", b"--a", **broken),
        client.post("/graphql/", {f"a{number}": "b" for number in range(1001)}),
        client.post("/graphql/", {f"a{number}": upload(b"b") for number in range(101)}),
    ]:
        assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
        assert "This is not JSON." in response.text or "This request cannot be" in response.text
    response = client.post("/graphql/", {"operations": "a" * 300_000})
    assert (response.status_code, refusal(response)) == (413, ("LIMIT_EXCEEDED", set()))


@pytest.mark.parametrize("charset", ["hex", "utf-7", "utf-16", "nonsense", ""])
def test_view_itself_reads_a_form_as_utf_8_whatever_its_charset(client, charset):
    form = {"operations": json.dumps(OPERATIONS), "map": json.dumps(PLACES), "0": upload(draw())}
    content_type = f"{MULTIPART_CONTENT}; charset={charset}"
    body = encode_multipart(BOUNDARY, form)
    response = client.generic("POST", "/graphql/", body, content_type)
    assert "errors" not in response.json()
    assert Post.objects.get().text == "About herons"


def test_form_from_elsewhere_does_nothing_in_the_name_of_a_user(anna):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    response = send_form(client)
    assert (response.status_code, refusal(response)) == (403, ("FORBIDDEN", set()))
    assert not Post.objects.exists()
    client.get("/graphql/", headers={"Accept": "text/html"})
    send_form(client, headers={"X-CSRFToken": client.cookies["csrftoken"].value})
    assert Post.objects.get().author == anna
