"""Members who forgot their password choose a new one, with a link that only they receive."""

import re

import pytest
from django.contrib.auth import get_user_model

from accounts.tokens import encode_uid
from tests.behaviour.language import Refused

ANNA, OLD, NEW = "anna@mublog.example", "correct horse", "battery staple"


@pytest.fixture
def forget(site, run_on_commit, mailoutbox):
    """Requests a new password, and returns the two parts of the link in the mail."""

    def forget(email=ANNA):
        mailoutbox.clear()
        with run_on_commit():
            site.visitor().request_password_reset(email)
        for mail in mailoutbox:
            assert mail.to == [ANNA]
            return re.search(r"/password-reset/([\w-]+)/([\w-]+)/", mail.body).groups()

    return forget


@pytest.mark.parametrize("email", [ANNA, " ANNA@Mublog.Example "])
def test_member_chooses_another_password(site, visitor, anna, forget, email):
    visitor.reset_password(*forget(email), NEW)
    with pytest.raises(Refused, match="invalid"):
        site.visitor().sign_in(ANNA, OLD)
    visitor.sign_in(ANNA, NEW)
    assert visitor.profile().id == anna.pk


def test_new_password_ends_every_session(site, visitor, anna, forget):
    actor = site.member(anna)
    visitor.reset_password(*forget(), NEW)
    with pytest.raises(Refused, match="unauthenticated"):
        actor.profile()


def test_only_active_accounts_get_a_mail_and_the_response_is_the_same(
    site, run_on_commit, anna, berta, mailoutbox
):
    get_user_model().objects.filter(pk=berta.pk).update(is_active=False)
    responses = set()
    for email in [ANNA, berta.email, "carla@mublog.example"]:
        visitor = site.visitor()
        with run_on_commit():
            visitor.request_password_reset(email)
        responses.add(visitor.received)
    assert len(responses) == 1
    assert [mail.to for mail in mailoutbox] == [[ANNA]]


def test_link_works_once(visitor, anna, forget):
    link = forget()
    visitor.reset_password(*link, NEW)
    with pytest.raises(Refused, match="invalid") as refused:
        visitor.reset_password(*link, "another battery")
    assert refused.value.fields == set()


def test_link_is_dead_once_its_owner_has_signed_in(visitor, anna, forget):
    link = forget()
    visitor.sign_in(ANNA, OLD)
    visitor.sign_out()
    with pytest.raises(Refused, match="invalid"):
        visitor.reset_password(*link, NEW)


def test_link_that_is_not_ones_own_or_is_for_something_else_is_refused(site, anna, berta, forget):
    uid, token = forget()
    visitor = site.visitor()
    for wrong in [(encode_uid(berta), token), (uid, token[:-1]), (uid, f"{token}0"), ("x", "y")]:
        with pytest.raises(Refused, match="invalid") as refused:
            visitor.reset_password(*wrong, NEW)
        assert refused.value.fields == set()
    with pytest.raises(Refused, match="invalid"):
        visitor.activate(uid, token)
    visitor.sign_in(ANNA, OLD)


@pytest.mark.parametrize("password", ["", "heron7", "qwertyuiop", "73846283746", "anna.mublog"])
def test_weak_password_is_refused_by_its_field_and_the_link_stays_good(
    visitor, anna, forget, password
):
    link = forget()
    with pytest.raises(Refused, match="invalid") as refused:
        visitor.reset_password(*link, password)
    assert refused.value.fields == {"password"}
    visitor.reset_password(*link, NEW)
    visitor.sign_in(ANNA, NEW)
