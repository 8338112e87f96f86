"""Visitors become members: they sign up, confirm their address, and sign in and out."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tokens import encode_uid
from tests.behaviour.language import Refused

CARLA = "carla@mublog.example"
PASSWORD = "correct horse"


@pytest.fixture
def sign_up(site, run_on_commit, mailoutbox):
    """Signs up, and returns the two parts of the link in the mail."""

    def sign_up(email=CARLA, password=PASSWORD):
        with run_on_commit():
            site.visitor().sign_up(email, password)
        mail = mailoutbox.pop()
        assert mail.to == [CARLA]
        link = re.search(r"/activate/([\w-]+)/([\w-]+)/", mail.body)
        return link and link.groups()

    return sign_up


def signs_in(site, email, password):
    """Return whether this address and this password sign in."""
    actor = site.visitor()
    try:
        actor.sign_in(email, password)
    except Refused as refused:
        assert (refused.reason, refused.fields) == ("invalid", set())
        return False
    return actor.publish("About herons").author is not None


def test_visitor_signs_up_confirms_and_signs_in_and_out(site, visitor, sign_up):
    uid, token = sign_up()
    assert not signs_in(site, CARLA, PASSWORD)
    visitor.activate(uid, token)
    visitor.sign_in(CARLA, PASSWORD)
    assert visitor.publish("About herons").author is not None
    visitor.sign_out()
    assert visitor.publish("About otters").author is None


@pytest.mark.parametrize("email", ["carla@mublog.example", " CARLA@Mublog.Example "])
def test_address_is_the_same_in_any_case(site, visitor, sign_up, email):
    visitor.activate(*sign_up(email))
    assert signs_in(site, CARLA, PASSWORD)
    assert signs_in(site, email, PASSWORD)
    assert not signs_in(site, email, PASSWORD.upper())


@pytest.mark.parametrize(
    ("field", "email", "password"),
    [
        ("email", "carla", PASSWORD),
        ("email", "", PASSWORD),
        ("password", CARLA, ""),
        ("password", CARLA, "heron7"),
        ("password", CARLA, "qwertyuiop"),
        ("password", CARLA, "73846283746"),
        ("password", CARLA, "carla.mublog"),
    ],
)
def test_wrong_address_and_weak_password_are_refused_by_field(
    visitor, run_on_commit, mailoutbox, field, email, password
):
    with run_on_commit(), pytest.raises(Refused, match="invalid") as refused:
        visitor.sign_up(email, password)
    assert refused.value.fields == {field}
    assert not mailoutbox
    assert not password or password not in visitor.received


def test_account_is_activated_by_its_own_link_alone_and_once(site, visitor, sign_up, anna):
    uid, token = sign_up()
    for wrong in [(uid, token[:-1]), (uid, f"{token}0"), (encode_uid(anna), token), ("x", "y")]:
        with pytest.raises(Refused, match="invalid") as refused:
            visitor.activate(*wrong)
        assert refused.value.fields == set()
    assert not signs_in(site, CARLA, PASSWORD)
    visitor.activate(uid, token)
    with pytest.raises(Refused, match="invalid"):
        visitor.activate(uid, token)


def test_account_with_two_sign_ups_keeps_neither_password(site, visitor, sign_up):
    first = sign_up(password="a stranger's")
    second = sign_up(password="the owner's")
    with pytest.raises(Refused, match="invalid") as refused:
        visitor.activate(*first)
    assert refused.value.fields == set()
    for password in [None, "short"]:
        with pytest.raises(Refused, match="invalid") as refused:
            visitor.activate(*second, password)
        assert refused.value.fields == {"password"}
    visitor.activate(*second, "the owner's own")
    known = ["a stranger's", "the owner's", "the owner's own"]
    assert [signs_in(site, CARLA, password) for password in known] == [False, False, True]


def test_sign_up_with_the_address_of_a_member_changes_nothing(site, visitor, sign_up):
    link = sign_up()
    visitor.activate(*link)
    assert sign_up(password="a stranger's") is None
    assert signs_in(site, CARLA, PASSWORD)
    assert not signs_in(site, CARLA, "a stranger's")


def test_sign_up_returns_the_same_response_with_and_without_an_account(
    site, visitor, run_on_commit, sign_up
):
    responses, costs = set(), set()
    for state in ["unknown", "waiting", "active"]:
        if state == "active":
            visitor.activate(*sign_up(), "battery staple")
        stranger = site.visitor()
        with run_on_commit(), CaptureQueriesContext(connection) as queries:
            stranger.sign_up(CARLA, PASSWORD)
        responses.add(stranger.received)
        costs.add(len(queries))
    assert len(responses) == len(costs) == 1


def test_signing_up_does_not_reactivate_a_deactivated_account(site, visitor, sign_up):
    link = sign_up()
    visitor.activate(*link)
    get_user_model().objects.update(is_active=False)
    assert sign_up() is None
    with pytest.raises(Refused, match="invalid"):
        visitor.activate(*link)
    assert not signs_in(site, CARLA, PASSWORD)
