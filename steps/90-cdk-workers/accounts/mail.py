"""The e-mails of the accounts app.

The mails belong to no HTML interface, so their links always open the function views. The links
begin with ``settings.SITE_URL``, since an attacker can forge the Host header of a request.
"""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from accounts.tokens import activation_token_generator, encode_uid, password_reset_token_generator


def send(user: User, subject: str, template: str, link: str) -> None:
    """Send a plain-text mail with a link to a user."""
    text = render_to_string(f"accounts/mail/{template}.txt", {"link": link})
    send_mail(subject, text, None, [user.email])


def link_to(page: str, *args: str) -> str:
    """Return the absolute URL of a page, for use in a mail."""
    return settings.SITE_URL + reverse(page, args=args)


def send_activation(user: User) -> None:
    """Send an activation link: opening it proves that the user receives mail at this address."""
    link = link_to("fbv:activate", encode_uid(user), activation_token_generator.make_token(user))
    send(user, "Activate your account", "activation", link)


def send_account_exists(user: User) -> None:
    """Tell the owner of an account that somebody signed up with their address."""
    send(user, "You already have an account", "account_exists", link_to("fbv:sign-in"))


def send_password_reset(user: User) -> None:
    """Send the link that lets the owner of an account choose a new password."""
    token = password_reset_token_generator.make_token(user)
    link = link_to("fbv:password-reset-confirm", encode_uid(user), token)
    send(user, "Choose a new password", "password_reset", link)
