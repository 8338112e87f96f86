"""The e-mails of the accounts app."""

from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.models import User


def send(user: User, subject: str, template: str) -> None:
    """Send a plain-text mail to a user."""
    send_mail(subject, render_to_string(f"accounts/mail/{template}.txt"), None, [user.email])


def send_activation(user: User) -> None:
    """Ask the owner of an address to confirm that the account is theirs."""
    send(user, "Activate your account", "activation")


def send_account_exists(user: User) -> None:
    """Tell the owner of an account that somebody signed up with their address."""
    send(user, "You already have an account", "account_exists")
