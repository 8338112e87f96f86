"""Members see their own profile and their own posts."""

import pytest

from tests.behaviour.language import Profile, Refused
from tests.factories import PostFactory


def test_member_sees_their_own_profile(site, anna, berta):
    assert site.member(anna).profile() == Profile(anna.pk, f"Member {anna.pk}", anna.email)
    actor = site.member(berta)
    assert actor.profile().email == berta.email
    assert "anna" not in actor.received


def test_member_sees_their_own_posts_newest_first_page_by_page(site, anna, berta):
    posts = PostFactory.create_batch(21, author=anna)
    PostFactory(author=berta)
    PostFactory()
    actor = site.member(anna)
    first = actor.my_posts()
    assert [post.id for post in first.posts] == [post.pk for post in posts[:0:-1]]
    second = actor.my_posts(before=first.next)
    assert ([post.id for post in second.posts], second.next) == ([posts[0].pk], None)
    with pytest.raises(Refused, match="invalid"):
        actor.my_posts(before="x")


@pytest.mark.parametrize("page", ["profile", "my_posts"])
def test_visitor_has_no_profile(site, visitor, anna, page):
    with pytest.raises(Refused, match="unauthenticated"):
        getattr(visitor, page)()


def test_deactivated_user_loses_the_profile(site, anna):
    actor = site.member(anna)
    actor.profile()
    anna.is_active = False
    anna.save()
    with pytest.raises(Refused, match="unauthenticated"):
        actor.profile()
