"""Posts are published, edited, deleted and liked as JSON."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from blog.models import Like, Post
from interfaces.rest.errors import exception_handler
from tests.factories import PostFactory
from tests.rest.conftest import Client

pytestmark = pytest.mark.django_db

CHANGES = [("put", ""), ("patch", ""), ("delete", ""), ("put", "like/"), ("delete", "like/")]


@pytest.fixture
def post(anna):
    return PostFactory(text="About herons", author=anna)


def test_anyone_publishes_and_a_user_by_name(client, api, as_anna, anna):
    response = client.post(f"{api}posts/", {"text": " About herons\n"})
    assert response.status_code == 201
    post = Post.objects.get()
    assert response.json() == client.get(f"{api}posts/{post.pk}/").json()
    assert (post.text, post.author) == ("About herons", None)
    response = as_anna.post(f"{api}posts/", {"text": "Mine", "author": 1, "id": 9})
    assert response.json()["author"] == {"id": anna.pk, "name": anna.name}
    assert (response.json()["likes"], response.json()["liked"]) == (0, False)


@pytest.mark.parametrize("text", ["😀" * 280, "שלום עולם", "<b>bold</b>", "a\u202eb", "a\nb"])
def test_text_is_kept_as_it_was_sent(client, api, text):
    response = client.post(f"{api}posts/", {"text": text})
    assert response.json()["text"] == Post.objects.get().text == text


def test_locked_database_is_a_503_in_json(client, api, monkeypatch):
    def publish_post(**arguments):
        raise OperationalError("database is locked")

    monkeypatch.setattr("interfaces.rest.posts.publish_post", publish_post)
    response = client.post(f"{api}posts/", {"text": "a"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.json() == {"detail": "The site is busy. Try again in a moment."}


def test_text_is_counted_in_its_normal_form(client, api):
    client.post(f"{api}posts/", {"text": "e\u0301\r\n" * 139 + "ab"})
    assert Post.objects.get().text == "é\n" * 139 + "ab"


@pytest.mark.parametrize(
    "text", ["", " \n", "a" * 281, "a\0b", "\ud83d", 5, 1.5, True, None, [], {}]
)
def test_wrong_text_is_an_error_by_its_field(client, api, text, as_anna, post):
    body = json.dumps({"text": text})  # Accepts half of a surrogate pair.
    for method, address in [
        (client.post, f"{api}posts/"),
        (as_anna.put, f"{api}posts/{post.pk}/"),
        (as_anna.patch, f"{api}posts/{post.pk}/"),
    ]:
        response = method(address, body, content_type="application/json")
        assert (response.status_code, response.json().keys()) == (400, {"text"})
        assert isinstance(response.json()["text"][0], str)
    assert Post.objects.get().text == "About herons"


def test_author_edits_a_post_in_whole_or_in_part(as_anna, api, post):
    address = f"{api}posts/{post.pk}/"
    Like.objects.create(post=post, user=post.author)
    response = as_anna.put(address, {"text": "About cranes"})
    assert response.status_code == 200
    assert response.json() == as_anna.get(address).json()
    assert (response.json()["text"], response.json()["likes"]) == ("About cranes", 1)
    assert as_anna.put(address, {}).json() == {"text": ["This field is required."]}
    assert as_anna.patch(address, {}).json()["text"] == "About cranes"
    assert as_anna.patch(address, {"text": "About otters"}).json()["text"] == "About otters"
    assert Post.objects.get().author == post.author


def test_author_deletes_a_post(as_anna, api, post):
    response = as_anna.delete(f"{api}posts/{post.pk}/")
    assert (response.status_code, response.content) == (204, b"")
    assert not Post.objects.exists()
    assert as_anna.delete(f"{api}posts/{post.pk}/").status_code == 404


def test_like_and_unlike_are_idempotent(as_anna, api, berta):
    post = PostFactory()
    Like.objects.create(post=post, user=berta)
    for method, expected in [
        (as_anna.put, {"liked": True, "likes": 2}),
        (as_anna.delete, {"liked": False, "likes": 1}),
    ]:
        for _ in range(2):
            response = method(f"{api}posts/{post.pk}/like/")
            assert (response.status_code, response.json()) == (200, expected)


@pytest.mark.parametrize(("method", "page"), CHANGES)
def test_visitor_gets_401(client, api, post, method, page):
    for pk in [post.pk, 0]:
        response = getattr(client, method)(f"{api}posts/{pk}/{page}", {"text": "Mine now"})
        assert (response.status_code, response.json().keys()) == (401, {"detail"})
        assert response.headers["WWW-Authenticate"] == "Token"
    assert Post.objects.get().text == "About herons"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("role", [{}, {"is_staff": True, "is_superuser": True}])
def test_nobody_but_its_author_changes_a_post(client, api, post, berta, method, role):
    get_user_model().objects.filter(pk=berta.pk).update(**role)
    client.force_login(berta)
    for pk in [post.pk, PostFactory().pk]:
        response = getattr(client, method)(f"{api}posts/{pk}/", {"text": "Mine now"})
        assert (response.status_code, response.json().keys()) == (403, {"detail"})
    assert Post.objects.get(pk=post.pk).text == "About herons"


def test_user_who_is_locked_out_is_a_visitor(as_anna, api, anna, post):
    get_user_model().objects.update(is_active=False)
    assert as_anna.delete(f"{api}posts/{post.pk}/").status_code == 401
    assert as_anna.post(f"{api}posts/", {"text": "A"}).json()["author"] is None


def test_session_changes_nothing_without_its_csrf_token(api, anna, post):
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"{api}posts/", {"text": "A visitor's"}).status_code == 201
    client.force_login(anna)
    addresses = [("post", f"{api}posts/")]
    addresses += [(method, f"{api}posts/{post.pk}/{page}") for method, page in CHANGES]
    for method, address in addresses:
        response = getattr(client, method)(address, {"text": "Forged"})
        assert (response.status_code, response.json().keys()) == (403, {"detail"})
    assert not Post.objects.filter(text="Forged").exists()
    token = "t" * 32
    client.cookies["csrftoken"] = token
    response = client.post(f"{api}posts/", {"text": "Mine"}, headers={"x-csrftoken": token})
    assert response.status_code == 201


def test_post_that_is_deleted_meanwhile_is_not_found():
    # What a service raises if another request came between the view's query and its own.
    response = exception_handler(Post.DoesNotExist(), {})
    assert (response.status_code, response.data.keys()) == (404, {"detail"})
