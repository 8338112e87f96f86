"""The forms in which people say who they are, for every HTML interface."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import User


class EmailField(forms.EmailField):
    """The address of an account, which comes first in its form."""

    def __init__(self) -> None:
        super().__init__(
            label="E-mail address",
            widget=forms.EmailInput(
                attrs={"class": "form-control", "autocomplete": "email", "autofocus": True}
            ),
        )


class NewPasswordField(forms.CharField):
    """A password that somebody chooses; whether it is a good one, the service decides."""

    def __init__(self) -> None:
        super().__init__(
            label="Password",
            strip=False,
            help_text="At least 8 characters, and nothing that others would guess.",
            widget=forms.PasswordInput(
                attrs={"class": "form-control", "autocomplete": "new-password"}
            ),
        )


class SignUpForm(forms.Form):
    email = EmailField()
    password = NewPasswordField()


class ActivationForm(forms.Form):
    """Asks for a password where nobody's was kept, and otherwise for a click and nothing else."""

    password = NewPasswordField()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.has_usable_password():
            del self.fields["password"]


class PasswordResetForm(forms.Form):
    email = EmailField()


class NewPasswordForm(forms.Form):
    password = NewPasswordField()


class SignInForm(AuthenticationForm):
    """Django's own, which asks for an e-mail address since that is what our users sign in by."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "Enter the e-mail address and the password of your account.",
    }

    username = EmailField()
    password = forms.CharField(
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(
            attrs={"class": "form-control", "autocomplete": "current-password"}
        ),
    )
