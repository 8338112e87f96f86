"""Posts as JSON: lists, and single posts."""

import pytest
from django.utils.dateparse import parse_datetime

from blog.models import Like
from tests.factories import PostFactory
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db


def ids(response):
    assert response.status_code == 200
    return [post["id"] for post in response.json()["results"]]


def test_post_has_its_author_its_image_and_its_likes(client, api, anna, berta):
    post = PostFactory(text="Two herons", author=anna, image=upload(draw()))
    Like.objects.create(post=post, user=berta)
    response = client.get(f"{api}posts/{post.pk}/")
    assert response.headers["Content-Type"] == "application/json"
    shown = response.json()
    assert parse_datetime(shown.pop("created_at")) == post.created_at
    assert shown == {
        "id": post.pk,
        "text": "Two herons",
        "image": f"http://testserver/media/{post.image.name}",
        "author": {"id": anna.pk, "name": f"Member {anna.pk}"},
        "likes": 1,
        "liked": False,
    }
    client.force_login(berta)
    assert client.get(f"{api}posts/{post.pk}/").json()["liked"] is True
    assert client.get(f"{api}posts/").json()["results"][0]["liked"] is True


def test_post_of_a_visitor_without_an_image_has_null_for_both(client, api):
    PostFactory()
    (post,) = client.get(f"{api}posts/").json()["results"]
    assert (post["author"], post["image"]) == (None, None)


def test_pages_show_every_post_once_newest_first(client, api):
    posts = PostFactory.create_batch(41)
    seen, query = [], ""
    while query is not None:
        response = client.get(f"{api}posts/{query}")
        seen += ids(response)
        following = response.json()["next"]
        query = following and f"?before={following}"
    assert seen == [post.pk for post in reversed(posts)]


def test_search_finds_a_text_in_any_case(client, api):
    posts = PostFactory.create_batch(2, text="Two herons: 100 %, 😀 and שלום")
    PostFactory(text="An otter")
    assert ids(client.get(f"{api}posts/", {"q": " HERONS"})) == [posts[1].pk, posts[0].pk]
    assert ids(client.get(f"{api}posts/", {"q": "😀 and שלום", "before": posts[1].pk})) == [
        posts[0].pk
    ]
    for nothing in ["crane", "\0", "\udcff", "a" * 10_000]:
        response = client.get(f"{api}posts/", {"q": nothing.encode(errors="surrogatepass")})
        assert response.json() == {"results": [], "next": None}


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "%00", "9" * 20, "9" * 5000])
def test_malformed_before_is_a_bad_request(client, api, before):
    response = client.get(f"{api}posts/?before={before}")
    assert response.status_code == 400
    assert response.json() == {"detail": "“before” must be the id of a post."}


@pytest.mark.parametrize("pk", ["0", "9" * 19])
def test_post_that_is_not_there_is_not_found(client, api, pk):
    response = client.get(f"{api}posts/{pk}/")
    assert (response.status_code, response.json().keys()) == (404, {"detail"})


def test_list_takes_as_many_queries_for_many_posts_as_for_one(
    as_anna, api, anna, berta, django_assert_num_queries
):
    PostFactory(author=anna)
    with django_assert_num_queries(3):  # The user, the posts, and your likes.
        as_anna.get(f"{api}posts/")
    for author in [anna, berta, None] * 8:
        Like.objects.create(post=PostFactory(author=author), user=berta)
    with django_assert_num_queries(3):
        assert len(ids(as_anna.get(f"{api}posts/"))) == 20


def test_nobody_learns_the_address_of_an_author(client, api, anna):
    post = PostFactory(author=anna)
    for address in [f"{api}posts/", f"{api}posts/{post.pk}/"]:
        text = client.get(address).text
        assert anna.name in text and "anna" not in text


def test_responses_are_json_whatever_a_browser_accepts(client, api):
    response = client.get(f"{api}posts/", headers={"accept": "text/html,*/*;q=0.8"})
    assert response.headers["Content-Type"] == "application/json"
    assert client.get(f"{api}posts/?format=api").status_code == 200
    response = client.get(f"{api}posts/", headers={"accept": "text/html"})
    assert (response.status_code, response.headers["Content-Type"]) == (406, "application/json")


def test_head_works_where_get_does(client, api):
    post = PostFactory()
    for address in [f"{api}posts/", f"{api}posts/{post.pk}/"]:
        response = client.head(address)
        assert (response.status_code, response.content) == (200, b"")


def test_other_methods_are_refused(as_anna, api):
    post = PostFactory()
    for method, address in [
        (as_anna.put, f"{api}posts/"),
        (as_anna.patch, f"{api}posts/"),
        (as_anna.delete, f"{api}posts/"),
        (as_anna.post, f"{api}posts/{post.pk}/"),
    ]:
        response = method(address)
        assert (response.status_code, response.json().keys()) == (405, {"detail"})
        assert "GET" in response.headers["Allow"]
