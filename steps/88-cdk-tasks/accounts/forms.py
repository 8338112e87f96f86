"""The forms of accounts, shared by every HTML interface."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import User
from accounts.services import INVALID_LOGIN, MAX_PASSWORD_LENGTH


class EmailField(forms.EmailField):
    """The e-mail field of an account form, focused when the page opens."""

    def __init__(self) -> None:
        super().__init__(
            label="E-mail address",
            widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
        )


class NewPasswordField(forms.CharField):
    """A field for a new password. The service decides whether the password is good enough."""

    def __init__(self) -> None:
        super().__init__(
            label="Password",
            strip=False,
            help_text="At least 8 characters, and nothing that others would guess.",
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )


class SignUpForm(forms.Form):
    email = EmailField()
    password = NewPasswordField()


class ActivationForm(forms.Form):
    """Asks for a password if the account has none yet, and otherwise only for a click."""

    password = NewPasswordField()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.has_usable_password():
            del self.fields["password"]


class PasswordResetForm(forms.Form):
    email = EmailField()


class SetPasswordForm(forms.Form):
    password = NewPasswordField()


class SignInForm(AuthenticationForm):
    """Django's sign-in form with an e-mail field, since our users sign in by e-mail address."""

    error_messages = AuthenticationForm.error_messages | {"invalid_login": INVALID_LOGIN}

    username = EmailField()
    password = forms.CharField(
        max_length=MAX_PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
