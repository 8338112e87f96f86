"""What the activation link does, and when it stops working."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.utils.http import urlsafe_base64_encode

from accounts import services
from accounts.services import activate_account
from accounts.tokens import activation_token_generator

pytestmark = pytest.mark.django_db

User = get_user_model()
ANNA = "anna@mublog.example"


@pytest.fixture
def sign_up(run_on_commit, mailoutbox):
    """Signs up, and returns the two parts of the mailed link."""

    def sign_up(email=ANNA, password="correct horse"):
        with run_on_commit():
            services.sign_up(email=email, password=password)
        uid, token = re.search(r"/activate/([^/]+)/([^/]+)/\n", mailoutbox[-1].body).groups()
        return {"uid": uid, "token": token}

    return sign_up


def assert_dead(link):
    before = User.objects.values().get(email__startswith="anna")
    with pytest.raises(ValidationError) as error:
        activate_account(**link, password="battery staple")
    assert error.value.code == "invalid_link"
    assert User.objects.values().get(email__startswith="anna") == before


def test_link_lets_its_owner_sign_in_with_the_password_of_the_sign_up(sign_up):
    user = activate_account(**sign_up(), password="another horse")
    assert (user.email, user.is_active, user.awaits_activation) == (ANNA, True, False)
    assert authenticate(username=ANNA, password="correct horse") == user
    assert authenticate(username=ANNA, password="another horse") is None


def test_user_who_signed_up_twice_chooses_the_password_with_the_last_link(sign_up):
    first, second = sign_up(password="first horse"), sign_up(password="second horse")
    assert_dead(first)
    for password in [None, "", "password", "anna@mublog", "battery \ud800 staple"]:
        with pytest.raises(ValidationError) as error:
            activate_account(**second, password=password)
        assert error.value.message_dict.keys() == {"password"}
    user = activate_account(**second, password="battery staple")
    assert authenticate(username=ANNA, password="battery staple") == user
    assert authenticate(username=ANNA, password="second horse") is None


def change_password(user):
    user.set_password("battery staple")


def change_address(user):
    user.email = "anna.b@mublog.example"


def let_in_and_lock(user):
    user.is_active = True
    user.save()
    user.is_active = False


@pytest.mark.parametrize("change", [change_password, change_address, let_in_and_lock])
def test_link_dies_when_the_account_changes(sign_up, change):
    link = sign_up()
    user = User.objects.get()
    change(user)
    user.save()
    assert_dead(link)


def test_link_works_once_and_does_not_unlock_an_account(sign_up):
    link = sign_up()
    user = activate_account(**link)
    assert_dead(link)
    user.is_active = False
    user.save()
    assert_dead(link)


@pytest.mark.parametrize(("age", "works"), [(86_400, True), (86_402, False)])
def test_link_works_for_a_day(sign_up, monkeypatch, age, works):
    now = datetime.now()
    monkeypatch.setattr(activation_token_generator, "_now", lambda: now - timedelta(seconds=age))
    link = sign_up()
    monkeypatch.setattr(activation_token_generator, "_now", lambda: now)
    if works:
        assert activate_account(**link).is_active
    else:
        assert_dead(link)


def test_only_the_token_of_this_account_and_of_this_kind_activates_it(sign_up):
    link, other = sign_up(), sign_up("berta@mublog.example")
    reset = default_token_generator.make_token(User.objects.get(email=ANNA))
    for token in [other["token"], reset, link["token"][:-1], link["token"] + "a", "", "a-\ud800"]:
        assert_dead(link | {"token": token})
    assert activate_account(**link).email == ANNA


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "9" * 19, "9" * 5000, "١", "a", "\0"])
def test_uid_of_nobody_is_refused(sign_up, number):
    assert_dead(sign_up() | {"uid": urlsafe_base64_encode(number.encode())})


@pytest.mark.parametrize("uid", ["", "\0", "é", "\ud800", "====", "A", "A" * 100_000])
def test_uid_that_is_not_well_formed_is_refused(sign_up, uid):
    assert_dead(sign_up() | {"uid": uid})
