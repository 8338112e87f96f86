"""Pages that have no class yet."""

from pytest_django.asserts import assertRedirects


def test_page_without_a_class_is_that_of_the_function_views_with_all_that_was_sent(client, db):
    page = "accounts/password-reset/MQ/token/?a=%26"
    response = client.post(f"/cbv/{page}", {"password": "battery staple"})
    assertRedirects(response, f"/fbv/{page}", status_code=307, fetch_redirect_response=False)
