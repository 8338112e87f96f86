"""Access to the admin."""

import pytest
from django.contrib.auth import get_user, get_user_model
from pytest_django.asserts import assertRedirects


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


def test_staff_sign_in_with_their_address_in_any_case(client, anna):
    anna.is_staff = True
    anna.save()
    data = {"username": "ANNA@mublog.example", "password": "correct horse"}
    assertRedirects(client.post("/admin/login/?next=/admin/", data), "/admin/")
    assert get_user(client) == anna


def test_other_users_cannot_enter_the_admin(client, anna):
    client.force_login(anna)
    assertRedirects(client.get("/admin/"), "/admin/login/?next=/admin/")
