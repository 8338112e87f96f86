"""Who may do what with a post: every kind of user, and every action."""

import pytest
from django.contrib.auth import get_user_model

from tests.behaviour.language import Refused
from tests.factories import PostFactory

ACTIONS = {
    "publish": lambda actor, id: actor.publish("About otters"),
    "read": lambda actor, id: [actor.posts(), actor.post(id)],
    "edit": lambda actor, id: actor.edit(id, text="About otters"),
    "delete": lambda actor, id: actor.delete(id),
    "like": lambda actor, id: actor.like(id),
    "unlike": lambda actor, id: actor.unlike(id),
}
MATRIX = {
    "visitor": {"publish", "read"},
    "locked out": {"publish", "read"},  # Signed in as the author, and deactivated since then.
    "other": {"publish", "read", "like", "unlike"},
    "staff": {"publish", "read", "like", "unlike"},
    "author": {"publish", "read", "like", "unlike", "edit", "delete"},
}


def make_actor(role, site, anna):
    """Return an actor with the given role towards a post of Anna's."""
    users = get_user_model().objects
    match role:
        case "visitor":
            return site.visitor()
        case "other" | "staff":
            return site.member(users.create_user("b@mublog.example", is_staff=role == "staff"))
    actor = site.member(anna)
    users.update(is_active=role == "author")
    return actor


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", MATRIX)
def test_who_may_do_what(site, anna, role, action):
    post = PostFactory(author=anna, text="About herons")
    actor = make_actor(role, site, anna)
    if action in MATRIX[role]:
        ACTIONS[action](actor, post.pk)
        return
    signed_in = role in ["other", "staff", "author"]
    with pytest.raises(Refused, match="forbidden" if signed_in else "unauthenticated"):
        ACTIONS[action](actor, post.pk)
    shown = site.visitor().post(post.pk)
    assert (shown.text, shown.likes) == ("About herons", 0)


@pytest.mark.parametrize("action", ["edit", "delete"])
@pytest.mark.parametrize("role", ["staff", "author"])
def test_post_without_an_author_is_nobodys_to_change(site, anna, role, action):
    post = PostFactory()
    with pytest.raises(Refused, match="forbidden"):
        ACTIONS[action](make_actor(role, site, anna), post.pk)
    assert site.visitor().post(post.pk).text == post.text
