"""The page to write a post."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from blog.models import Post

pytestmark = pytest.mark.django_db

NEW = "/fbv/posts/new/"


def test_every_page_leads_to_a_form_with_a_label_and_no_error(client):
    assertContains(client.get("/fbv/posts/"), f'href="{NEW}"')
    response = client.get(NEW)
    for part in ['<form method="post"', 'name="csrfmiddlewaretoken"']:
        assertContains(response, part)
    assertContains(response, '<label class="form-label" for="id_text">Text</label>')
    assertNotContains(response, "id_text_error")


def test_post_is_published_and_shown_with_a_message_once(client):
    response = client.post(NEW, {"text": "About herons"})
    post = Post.objects.get()
    page = f"/fbv/posts/{post.pk}/"
    assertRedirects(response, page, status_code=303, fetch_redirect_response=False)
    assertContains(client.get(page), "Your post is published.")
    assertNotContains(client.get(page), "Your post is published.")


def test_post_has_its_author_if_there_is_one(client):
    anna = get_user_model().objects.create_user("anna@mublog.example")
    client.post(NEW, {"text": "A visitor's"})
    client.force_login(anna)
    client.post(NEW, {"text": "Anna's"})
    assert list(Post.objects.order_by("pk").values_list("author", flat=True)) == [None, anna.pk]


@pytest.mark.parametrize(
    "text", ["😀" * 280, "שלום עולם", "<b>bold</b>", "a" * 138 + "\n" * 141 + "b"]
)
def test_text_is_kept_as_it_was_typed(client, text):
    client.post(NEW, {"text": text.replace("\n", "\r\n")})
    assert Post.objects.get().text == text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "This field is required."),
        ({"text": " \r\n"}, "This field is required."),
        ({"text": "a" * 281}, "at most 280 characters (it has 281)"),
        ({"text": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_wrong_text_is_an_error_beside_its_field(client, data, error):
    response = client.post(NEW, data)
    assertContains(response, error, status_code=400)
    assertContains(response, 'id="id_text_error"', status_code=400)
    assertContains(response, 'aria-invalid="true"', status_code=400)
    assert not Post.objects.exists()


def test_browser_is_not_asked_to_cut_off_what_is_typed(client):
    assertNotContains(client.get(NEW), "maxlength")


def test_text_that_was_refused_is_still_there_and_does_not_run(client):
    response = client.post(NEW, {"text": "<script>" + "a" * 281})
    assertContains(response, "&lt;script&gt;aaa", status_code=400)


@pytest.mark.parametrize(("excess", "status"), [(0, 400), (1, 413), (10_000_000, 413)])
def test_body_that_is_too_large_is_refused_as_such(client, excess, status):
    data = "text=".ljust(256 * 1024 + excess, "a")
    response = client.post(NEW, data, content_type="application/x-www-form-urlencoded")
    assertContains(response, "<h1", status_code=status)
    data = b"no form".ljust(6 * 1024**2 + excess)
    assert client.post(NEW, data, "multipart/form-data; boundary=x").status_code == status


@pytest.mark.parametrize("length", ["", "ten", "9" * 5000])
def test_invalid_content_length_counts_as_an_empty_body(client, length):
    assert client.post(NEW, {"text": "a"}, CONTENT_LENGTH=length).status_code == 400


def test_form_from_elsewhere_is_refused():
    response = Client(enforce_csrf_checks=True).post(NEW, {"text": "a"})
    assertContains(response, "<h1>Not accepted</h1>", status_code=403)
    assert not Post.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(client, method):
    assert getattr(client, method)(NEW).status_code == 405
