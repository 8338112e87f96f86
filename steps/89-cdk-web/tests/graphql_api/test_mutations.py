"""Mutations of posts."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from accounts.services import create_token
from blog.models import Like, Post
from blog.services import publish_post
from tests.factories import PostFactory
from tests.graphql_api.client import ask, refusal, send

pytestmark = pytest.mark.django_db

PUBLISH = (
    "mutation ($text: String!) { publishPost(text: $text) { post { id text author { id } } } }"
)
EDIT = "mutation ($id: Int!, $text: String) { editPost(id: $id, text: $text) { post { text } } }"
DELETE = "mutation ($id: Int!) { deletePost(id: $id) { id } }"
LIKE = "mutation ($id: Int!) { likePost(id: $id) { post { likes liked } } }"
UNLIKE = "mutation ($id: Int!) { unlikePost(id: $id) { post { likes liked } } }"
OF_ONE_POST = [EDIT, DELETE, LIKE, UNLIKE]


def test_visitor_publishes(client):
    posted = ask(client, PUBLISH, text=" <b>Herons</b> ")["publishPost"]["post"]
    post = Post.objects.get()
    assert posted == {"id": post.pk, "text": "<b>Herons</b>", "author": None}


def test_post_of_a_user_has_its_author(client, anna):
    client.force_login(anna)
    posted = ask(client, PUBLISH, text="😀" * 280)["publishPost"]["post"]
    assert posted["author"] == {"id": anna.pk}


def test_text_is_counted_in_its_normal_form(client):
    ask(client, PUBLISH, text="e\u0301\r\n" * 139 + "ab")
    assert Post.objects.get().text == "é\n" * 139 + "ab"


@pytest.mark.parametrize("text", ["", " \n", "a" * 281, "a\0b", "\ud83d", "a" * 100_000])
def test_wrong_text_is_an_error_by_field(client, text):
    response = send(client, PUBLISH, text=text)
    assert (response.status_code, refusal(response)) == (200, ("BAD_USER_INPUT", {"text"}))
    assert response.json()["data"] == {"publishPost": None}
    assert not Post.objects.exists()


def test_text_that_is_missing_is_an_error_of_the_document(client):
    response = send(client, "mutation { publishPost { post { id } } }")
    assert (response.status_code, refusal(response)) == (400, ("BAD_USER_INPUT", set()))
    assert "argument 'text' of type 'String!' is required" in response.text


def test_author_edits_and_deletes(client, anna):
    post = publish_post(text="About otters", author=anna)
    client.force_login(anna)
    edited = ask(client, EDIT, id=post.pk, text="About herons")["editPost"]
    assert edited == {"post": {"text": "About herons"}}
    # Null or omitted values stay as they are.
    assert ask(client, EDIT, id=post.pk, text=None)["editPost"] == edited
    assert ask(client, EDIT, id=post.pk)["editPost"] == edited
    assert refusal(send(client, EDIT, id=post.pk, text="")) == ("BAD_USER_INPUT", {"text"})
    assert ask(client, DELETE, id=post.pk) == {"deletePost": {"id": post.pk}}
    assert not Post.objects.exists()


@pytest.mark.parametrize("document", [EDIT, DELETE])
def test_other_users_cannot_edit_or_delete(client, anna, document):
    posts = [publish_post(text="A", author=anna), PostFactory()]
    others = [
        (None, "UNAUTHENTICATED"),
        (get_user_model().objects.create_user("berta@mublog.example"), "FORBIDDEN"),
        (get_user_model().objects.create_superuser("carl@mublog.example"), "FORBIDDEN"),
    ]
    for user, code in others:
        if user is not None:
            client.force_login(user)
        for post in posts:
            assert refusal(send(client, document, id=post.pk)) == (code, set())
    assert Post.objects.count() == 2


def test_like_and_unlike_are_idempotent(client, anna):
    post = PostFactory()
    client.force_login(anna)
    for _ in range(2):
        assert ask(client, LIKE, id=post.pk)["likePost"]["post"] == {"likes": 1, "liked": True}
    for _ in range(2):
        assert ask(client, UNLIKE, id=post.pk)["unlikePost"]["post"] == {"likes": 0, "liked": False}


@pytest.mark.parametrize("document", [LIKE, UNLIKE])
def test_visitor_likes_nothing(client, document):
    response = send(client, document, id=PostFactory().pk)
    assert (response.status_code, refusal(response)) == (200, ("UNAUTHENTICATED", set()))
    assert not Like.objects.exists()


@pytest.mark.parametrize("document", OF_ONE_POST)
def test_missing_post_is_not_found(client, anna, document):
    client.force_login(anna)
    assert refusal(send(client, document, id=7)) == ("NOT_FOUND", set())
    assert refusal(send(client, document, id=-7)) == ("NOT_FOUND", set())
    assert refusal(send(client, document, id=2**31)) == ("BAD_USER_INPUT", set())


def test_mutations_are_done_in_order_and_each_by_itself(client):
    document = """
        mutation {
          a: publishPost(text: "A") { post { text } }
          b: publishPost(text: "") { post { text } }
          c: publishPost(text: "C") { post { text } }
        }
    """
    response = send(client, document)
    assert refusal(response) == ("BAD_USER_INPUT", {"text"})
    assert response.json()["errors"][0]["path"] == ["b"]
    assert list(Post.objects.newest().values_list("text", flat=True)) == ["C", "A"]


def test_get_changes_nothing(client):
    document = 'mutation { publishPost(text: "A") { post { id } } }'
    ask(client, document)
    response = client.get("/graphql/", {"query": document})
    assert (response.status_code, refusal(response)) == (405, ("BAD_USER_INPUT", set()))
    assert response.headers["Allow"] == "POST"
    assert Post.objects.count() == 1


@pytest.fixture
def csrf_client():
    """A client that enforces CSRF checks, as a browser's requests are checked."""
    return Client(enforce_csrf_checks=True)


def test_page_from_elsewhere_does_nothing_in_the_name_of_a_user(csrf_client, anna):
    csrf_client.force_login(anna)
    response = send(csrf_client, PUBLISH, text="A")
    assert (response.status_code, refusal(response)) == (403, ("FORBIDDEN", set()))
    assert not Post.objects.exists()
    csrf_client.get("/graphql/", headers={"Accept": "text/html"})
    headers = {"X-CSRFToken": csrf_client.cookies["csrftoken"].value}
    assert ask(csrf_client, PUBLISH, headers=headers, text="A")
    assert Post.objects.get().author == anna


def test_request_that_no_browser_sends_by_itself_needs_no_csrf_token(csrf_client, anna):
    post = ask(csrf_client, PUBLISH, text="A")["publishPost"]["post"]
    assert post["author"] is None
    csrf_client.force_login(anna)
    headers = {"Authorization": f"Token {create_token(user=anna)[1]}"}
    post = ask(csrf_client, PUBLISH, headers=headers, text="A")["publishPost"]["post"]
    assert post["author"] == {"id": anna.pk}
