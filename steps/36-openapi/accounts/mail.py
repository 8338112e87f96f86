"""The mails that are about accounts.

They lie outside the HTML interfaces, and name the one that their links lead to. Where the site is,
a setting says: what a request calls the host may come from an attacker.
"""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from accounts.tokens import activation_tokens, make_uid, reset_tokens


def send(user: User, subject: str, template: str, link: str) -> None:
    """Mail a text to a user, with a link in it."""
    text = render_to_string(f"accounts/mail/{template}.txt", {"link": link})
    send_mail(subject, text, None, [user.email])


def link_to(page: str, *args: str) -> str:
    """Return the whole address of a page, as it stands in a mail."""
    return settings.SITE_URL + reverse(page, args=args)


def send_activation(user: User) -> None:
    """Mail the link by which the owner of an address proves that the account is theirs."""
    link = link_to("fbv:activate", make_uid(user), activation_tokens.make_token(user))
    send(user, "Activate your account", "activation", link)


def send_account_exists(user: User) -> None:
    """Tell the owner of an account that somebody signed up with its address."""
    send(user, "You have an account already", "account_exists", link_to("fbv:sign-in"))


def send_password_reset(user: User) -> None:
    """Mail the link by which the owner of an account chooses a new password."""
    link = link_to("fbv:password-reset-confirm", make_uid(user), reset_tokens.make_token(user))
    send(user, "Choose a new password", "password_reset", link)
