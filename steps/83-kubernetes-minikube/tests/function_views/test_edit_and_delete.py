"""The pages to edit and delete posts."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from blog.models import Post
from blog.services import publish_post
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

PAGES = ["edit/", "delete/"]


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


@pytest.fixture
def client(anna):
    client = Client()
    client.force_login(anna)
    return client


@pytest.fixture
def post(anna):
    return publish_post(text="About <b>herons</b>", author=anna, image=upload(draw()))


@pytest.fixture
def page(post):
    return f"/fbv/posts/{post.pk}/"


def test_only_the_author_sees_links_to_edit_and_delete(client, page):
    for link in PAGES:
        assertContains(client.get(page), f'href="{page}{link}"')
        assertNotContains(Client().get(page), link)


def test_form_shows_what_the_post_says_and_changes_it(client, page, post):
    response = client.get(f"{page}edit/")
    # One of them is the form to sign out.
    assertContains(response, 'name="csrfmiddlewaretoken"', count=2)
    assertContains(response, "About &lt;b&gt;herons&lt;/b&gt;</textarea>")
    assertContains(response, f'src="{post.image.url}"')
    response = client.post(f"{page}edit/", {"text": "About otters"})
    assertRedirects(response, page, status_code=303, fetch_redirect_response=False)
    assertContains(client.get(page), "Your post is changed.")
    assert Post.objects.values_list("text", "image").get() == ("About otters", post.image.name)


def test_image_is_replaced_or_removed(client, page, post):
    client.post(f"{page}edit/", {"text": "A", "image": upload(draw("GIF"))})
    assert Post.objects.get().image.name not in ["", post.image.name]
    client.post(f"{page}edit/", {"text": "A", "remove_image": "on"})
    assert Post.objects.get().image.name == ""
    assertNotContains(client.get(f"{page}edit/"), "remove_image")


def test_wrong_change_is_an_error_beside_its_field_and_changes_nothing(client, page, post):
    for field, wrong in [
        ("text", {"text": "a" * 281}),
        ("image", {"text": "New", "image": upload(b"no image")}),
        ("remove_image", {"text": "New", "image": upload(draw()), "remove_image": "on"}),
    ]:
        response = client.post(f"{page}edit/", wrong)
        assertContains(response, f'id="id_{field}_error"', status_code=400)
        assert Post.objects.values_list("text", "image").get() == (post.text, post.image.name)


def test_post_is_deleted_after_confirmation(client, page):
    response = client.get(f"{page}delete/")
    assertContains(response, 'name="csrfmiddlewaretoken"', count=2)
    assertContains(response, "About &lt;b&gt;herons&lt;/b&gt;")
    assert Post.objects.exists()
    response = client.post(f"{page}delete/")
    assertRedirects(response, "/fbv/posts/", status_code=303, fetch_redirect_response=False)
    assertContains(client.get("/fbv/posts/"), "Your post is deleted.")
    assert not Post.objects.exists()


@pytest.mark.parametrize("link", PAGES)
def test_visitor_signs_in_first_and_comes_back(page, link):
    visitor = Client()
    sign_in = f"/fbv/accounts/sign-in/?next={page}{link}"
    assertRedirects(visitor.post(page + link, {"text": "Mine"}), sign_in)
    data = {"username": "anna@mublog.example", "password": "correct horse"}
    assertRedirects(visitor.post(sign_in, data), page + link, status_code=303)
    assert Post.objects.get().text == "About <b>herons</b>"


@pytest.mark.parametrize("link", PAGES)
def test_user_who_may_not_is_refused(client, page, link, admin_client):
    Post.objects.filter(author__email__startswith="anna").update(author=None)
    for user in [client, admin_client]:
        for response in [user.get(page + link), user.post(page + link, {"text": "Mine"})]:
            assertContains(response, "<h1>Not allowed</h1>", status_code=403)
    assert Post.objects.get().text == "About <b>herons</b>"


@pytest.mark.parametrize("link", PAGES)
def test_account_that_is_not_active_any_more_is_a_visitor(client, page, link):
    get_user_model().objects.update(is_active=False)
    assert client.post(page + link, {"text": "Mine"}).status_code == 302
    assert Post.objects.get().text == "About <b>herons</b>"


@pytest.mark.parametrize("link", PAGES)
def test_post_that_is_missing_or_deleted_meanwhile_is_not_found(client, page, link):
    assertContains(client.get(page + link), "About &lt;b&gt;herons")
    looks = iter([False, True])

    def delete_before_the_second_look(execute, sql, *arguments):
        if sql.startswith("SELECT") and 'FROM "blog_post"' in sql and next(looks, False):
            Post.objects.all().delete()
        return execute(sql, *arguments)

    with connection.execute_wrapper(delete_before_the_second_look):
        response = client.post(page + link, {"text": "New"})
    assertContains(response, "<h1>Not found</h1>", status_code=404)
    assertContains(client.get(f"/fbv/posts/0/{link}"), "<h1>Not found</h1>", status_code=404)


@pytest.mark.parametrize("link", PAGES)
def test_form_from_elsewhere_and_other_methods_are_refused(anna, page, link):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assertContains(client.post(page + link, {"text": "A"}), "Not accepted", status_code=403)
    assert Client().put(page + link).status_code == 405
    assert Post.objects.get().text == "About <b>herons</b>"
