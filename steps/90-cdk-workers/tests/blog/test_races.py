"""What only two at once show: likes, edits and deletes of one post."""

from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from blog.models import Like, Post
from blog.services import delete_post, edit_post, like_post, unlike_post
from tests.factories import PostFactory
from tests.threads import TIMEOUT, run_at_once, start, wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example")


@pytest.fixture
def post(anna):
    return PostFactory(author=anna)


def test_eight_likes_at_once_count_once(anna, post):
    like = partial(like_post, post=post, user=anna)
    assert run_at_once(*[like] * 8) == [None] * 8
    assert Like.objects.values_list("post", "user").get() == (post.pk, anna.pk)


def test_likes_and_unlikes_at_once_raise_no_error(anna, post):
    like = partial(like_post, post=post, user=anna)
    unlike = partial(unlike_post, post=post, user=anna)
    assert run_at_once(*[like, unlike] * 4) == [None] * 8


def test_like_does_not_wait_for_an_edit(anna, post):
    def like():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 500")  # In milliseconds.
        like_post(post=post, user=anna)

    with transaction.atomic():
        edit_post(post=post, user=anna, text="A slow edit")
        assert run_at_once(like) == [None]
    assert (Like.objects.count(), Post.objects.get().text) == (1, "A slow edit")


@pytest.mark.parametrize(
    "service",
    [like_post, partial(edit_post, text="Back"), delete_post],
    ids=["like", "edit", "delete"],
)
def test_service_that_waits_for_a_delete_learns_that_the_post_is_gone(anna, post, service):
    with transaction.atomic():
        delete_post(post=post, user=anna)
        waiting = start(partial(service, post=post, user=anna))
        wait_until_blocked()
    assert type(waiting.exception(TIMEOUT)) is Post.DoesNotExist
    assert not Post.objects.exists()
    assert not Like.objects.exists()


def test_delete_that_waits_for_a_like_deletes_it_too(anna, post):
    with transaction.atomic():
        like_post(post=post, user=anna)
        waiting = start(partial(delete_post, post=post, user=anna))
        wait_until_blocked()
    assert waiting.exception(TIMEOUT) is None
    assert not Post.objects.exists()


def test_second_of_two_edits_keeps_what_the_first_one_changed(anna, post):
    with transaction.atomic():
        edit_post(post=post, user=anna, text="First")
        waiting = start(partial(edit_post, post=post, user=anna, image=None))
        wait_until_blocked()
    assert waiting.exception(TIMEOUT) is None
    assert Post.objects.get().text == "First"
