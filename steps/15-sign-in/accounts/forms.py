"""The forms of accounts, shared by every HTML interface."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Django's sign-in form with an e-mail field, since our users sign in by e-mail address."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "Enter the e-mail address and the password of your account.",
    }

    username = forms.EmailField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    password = forms.CharField(
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
