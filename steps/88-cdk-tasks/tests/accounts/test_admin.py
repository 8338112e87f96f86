"""Access to the admin, and the pages for users there."""

import pytest
from django.contrib.auth import get_user, get_user_model
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

USERS = "/admin/accounts/user/"


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


def new_user(email, password="correct horse", repeated="correct horse"):
    return {"email": email, "password1": password, "password2": repeated}


def test_staff_sign_in_with_their_address_in_any_case(client, anna):
    anna.is_staff = True
    anna.save()
    data = {"username": "ANNA@mublog.example", "password": "correct horse"}
    assertRedirects(client.post("/admin/login/?next=/admin/", data), "/admin/")
    assert get_user(client) == anna


def test_other_users_cannot_enter_the_admin(client, anna):
    client.force_login(anna)
    assertRedirects(client.get("/admin/"), "/admin/login/?next=/admin/")


def test_account_activated_by_staff_no_longer_awaits_activation(admin_client, anna):
    User = get_user_model()
    User.objects.filter(pk=anna.pk).update(is_active=False, awaits_activation=True)
    data = {"email": anna.email, "is_active": "on"}
    admin_client.post(f"{USERS}{anna.pk}/change/", data)
    assert User.objects.get(pk=anna.pk).awaits_activation is False


@pytest.mark.parametrize(("field", "awaits"), [("is_active", False), ("is_staff", True)])
def test_field_that_is_saved_alone_decides_too(anna, field, awaits):
    User = get_user_model()
    User.objects.filter(pk=anna.pk).update(is_active=False, awaits_activation=True)
    anna.save(update_fields=[field])
    assert User.objects.get(pk=anna.pk).awaits_activation is awaits


def test_users_are_listed_and_searched_in_any_case(admin_client, anna):
    assertContains(admin_client.get(USERS), "anna@mublog.example")
    assertContains(admin_client.get(USERS, {"q": "ANNA@"}), "anna@mublog.example")
    assertNotContains(admin_client.get(USERS, {"q": "berta"}), "anna@mublog.example")


def test_user_is_added_with_an_address_and_a_password(admin_client):
    admin_client.post(f"{USERS}add/", new_user("Berta@mublog.example"))
    berta = get_user_model().objects.get(email="berta@mublog.example")
    assert berta.check_password("correct horse")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (new_user("ANNA@mublog.example"), "already exists"),
        (new_user("not an address"), "Enter a valid email address."),
        # A letter that Django's validator accepts as an "i", since it ignores case.
        (new_user("bıll@mublog.example"), "Enter a valid email address."),
        (new_user("berta@mublog.example", "12345678", "12345678"), "too common"),
        (new_user("berta@mublog.example", repeated="another"), "didn’t match"),
    ],
)
def test_wrong_new_user_is_an_error_of_the_form(admin_client, anna, data, error):
    assertContains(admin_client.post(f"{USERS}add/", data), error)
    assert get_user_model().objects.filter(is_superuser=False).get() == anna


def test_user_is_changed(admin_client, anna):
    page = f"{USERS}{anna.pk}/change/"
    assertContains(admin_client.get(page), 'value="anna@mublog.example"')
    assertRedirects(admin_client.post(page, {"email": "Berta@mublog.example"}), USERS)
    anna.refresh_from_db()
    assert (anna.email, anna.is_active) == ("berta@mublog.example", False)
