"""How forms are rendered."""

from django import forms
from pytest_django.asserts import assertInHTML, assertNotContains


class SampleForm(forms.Form):
    name = forms.CharField()
    token = forms.CharField(widget=forms.HiddenInput)


def test_form_shows_all_its_errors_and_a_label_for_each_visible_field():
    form = SampleForm({})
    form.add_error(None, "Try again.")
    html = form.render()
    assertInHTML('<p class="alert alert-danger" role="alert">Try again.</p>', html)
    assertInHTML('<label class="form-label" for="id_name">Name</label>', html)
    assert html.count("form-control") == html.count("<label") == 1
    assert "Hidden field token" in html


def test_admin_keeps_its_own_widgets(admin_client):
    assertNotContains(admin_client.get("/admin/accounts/user/add/"), "form-control")
