"""Likes: one for each user and post, however often it is sent."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from blog.models import Like, Post
from blog.services import delete_post, like_post, unlike_post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example")


@pytest.fixture
def berta():
    return get_user_model().objects.create_user("berta@mublog.example")


@pytest.fixture
def post(anna):
    return PostFactory(author=anna)


def likes(post, user):
    post = Post.objects.with_likes(user).get(pk=post.pk)
    return post.like_count, post.liked


def test_like_and_unlike_are_idempotent(anna, berta, post):
    assert likes(post, anna) == (0, False)
    for _ in range(2):
        like_post(post=post, user=anna)
        assert likes(post, anna) == (1, True)
    like_post(post=post, user=berta)
    assert likes(post, anna) == (2, True)
    for _ in range(2):
        unlike_post(post=post, user=anna)
        assert (likes(post, anna), likes(post, berta)) == ((1, False), (1, True))


def test_visitor_learns_the_count_and_likes_nothing(anna, post):
    like_post(post=post, user=anna)
    assert likes(post, AnonymousUser()) == (1, False)
    for service in [like_post, unlike_post]:
        with pytest.raises(PermissionDenied):
            service(post=post, user=AnonymousUser())
    assert likes(post, anna) == (1, True)


def test_inactive_user_likes_nothing(anna, post):
    anna.is_active = False
    for service in [like_post, unlike_post]:
        with pytest.raises(PermissionDenied):
            service(post=post, user=anna)
    assert not Like.objects.exists()


def test_database_itself_refuses_a_second_like_of_the_same_user(anna, post):
    Like.objects.create(post=post, user=anna)
    with pytest.raises(IntegrityError):
        Like.objects.create(post=post, user=anna)


def test_like_looks_for_neither_the_post_nor_another_like(anna, post, django_assert_num_queries):
    with django_assert_num_queries(5):  # The like, and two each for a savepoint and the check.
        like_post(post=post, user=anna)


def test_post_that_is_gone_is_not_liked(anna, post):
    Post.objects.all().delete()
    with pytest.raises(Post.DoesNotExist):
        like_post(post=post, user=anna)
    unlike_post(post=post, user=anna)
    assert not Like.objects.exists()


def test_likes_are_deleted_with_their_post_and_with_their_user(anna, berta, post):
    other = PostFactory()
    for user in [anna, berta]:
        like_post(post=post, user=user)
        like_post(post=other, user=user)
    delete_post(post=post, user=anna)
    berta.delete()
    assert Like.objects.values_list("post", "user").get() == (other.pk, anna.pk)
    assert str(Like.objects.get()) == f"{anna.pk} likes {other.pk}"


def test_likes_of_a_post_are_found_by_indexes_and_nothing_is_sorted(anna, explain):
    plan = explain(Post.objects.with_likes(anna).newest().before(9))
    assert "Index Scan Backward using blog_post_pkey" in plan
    assert "Index Only Scan using one_like_per_post_and_user on blog_like u0" in plan
    assert "Index Cond: (post_id = blog_post.id)" in plan
    assert not re.search("Seq Scan|Sort", plan)
