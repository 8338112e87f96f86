"""Signed-in users like posts, and remove their likes."""

import pytest

from tests.factories import PostFactory


@pytest.fixture
def post(db):
    return PostFactory()


def test_like_counts_once_however_often_it_is_given(site, anna, post):
    actor = site.member(anna)
    for _ in range(2):
        actor.like(post.pk)
        assert (actor.post(post.pk).likes, actor.post(post.pk).liked) == (1, True)
    for _ in range(2):
        actor.unlike(post.pk)
        assert (actor.post(post.pk).likes, actor.post(post.pk).liked) == (0, False)


def test_likes_of_all_are_counted_and_everyone_sees_which_are_their_own(
    site, visitor, anna, berta, post
):
    other = PostFactory()
    site.member(anna).like(post.pk)
    site.member(berta).like(post.pk)
    site.member(berta).like(other.pk)
    for actor, liked in [
        (visitor, [False, False]),
        (site.member(anna), [False, True]),
        (site.member(berta), [True, True]),
    ]:
        shown = actor.posts().posts
        assert [(post.likes, post.liked) for post in shown] == list(zip([1, 2], liked))
        assert [actor.post(post.id) for post in shown] == shown
