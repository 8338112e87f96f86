"""The mails that are about accounts.

They lie outside the HTML interfaces, and name the one that their links lead to. Where the site is,
a setting says: what a request calls the host may come from an attacker.
"""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User


def send(user: User, subject: str, template: str, link: str = "") -> None:
    """Mail a text to a user, with a link in it."""
    text = render_to_string(f"accounts/mail/{template}.txt", {"link": link})
    send_mail(subject, text, None, [user.email])


def link_to(page: str, *args: str) -> str:
    """Return the whole address of a page, as it stands in a mail."""
    return settings.SITE_URL + reverse(page, args=args)


def send_activation(user: User) -> None:
    """Ask the owner of an address whether the account is theirs."""
    send(user, "Activate your account", "activation")


def send_account_exists(user: User) -> None:
    """Tell the owner of an account that somebody signed up with its address."""
    send(user, "You have an account already", "account_exists", link_to("fbv:sign-in"))
