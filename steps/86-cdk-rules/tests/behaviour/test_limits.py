"""What somebody does too often is refused, in every implementation and in all of them together."""

import pytest

from blog.models import Post
from tests.behaviour.drivers import DRIVERS
from tests.behaviour.language import Refused

ANNA = "anna@mublog.example"
# Each may be done twice.
ACTIONS = {
    "sign-in": lambda actor: actor.sign_in(ANNA, "wrong"),
    "sign-up": lambda actor: actor.sign_up(ANNA, "correct horse"),
    "password-reset": lambda actor: actor.request_password_reset(ANNA),
    "publish": lambda actor: actor.publish("A heron"),
    "search": lambda actor: actor.posts("heron"),
}


@pytest.fixture(autouse=True)
def limits(settings):
    assert settings.RATE_LIMITS.keys() == ACTIONS.keys()
    settings.RATE_LIMITS = {
        action: {scope: (2, 600) for scope in limits}
        for action, limits in settings.RATE_LIMITS.items()
    }


def is_limited(actor, action):
    """Return whether an action is one too many."""
    try:
        ACTIONS[action](actor)
    except Refused as refused:
        return refused.reason == "limited"
    return False


@pytest.mark.parametrize("action", ACTIONS)
def test_third_time_is_one_too_many(visitor, anna, action):
    assert [is_limited(visitor, action) for _ in range(4)] == [False, False, True, True]


@pytest.mark.parametrize("action", ACTIONS)
def test_other_implementations_have_no_limits_of_their_own(site, anna, action):
    for _ in range(2):
        assert not is_limited(site.visitor(), action)
    assert all(is_limited(other.visitor(), action) for other in DRIVERS.values())


def test_post_that_is_one_too_many_is_not_published(visitor):
    for _ in range(4):
        is_limited(visitor, "publish")
    assert Post.objects.count() == 2


@pytest.mark.parametrize("action", ["publish", "search"])
def test_signed_in_users_do_not_share_a_limit(site, anna, berta, action):
    first, second = site.member(anna), site.member(berta)
    assert [is_limited(first, action) for _ in range(3)] == [False, False, True]
    assert [is_limited(second, action) for _ in range(3)] == [False, False, True]


def test_signing_in_gives_no_second_limit_for_the_same_account(site, berta, anna):
    for actor in [site.visitor(), site.member(berta)]:
        assert not is_limited(actor, "password-reset")
    assert is_limited(site.member(berta), "password-reset")


def test_list_without_a_search_has_no_limit(visitor):
    for _ in range(4):
        assert visitor.posts().posts == []
