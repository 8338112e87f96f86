"""Tasks of accounts: a worker sends the mails.

A message names a user by its id, so the broker holds neither an address nor a token. The worker
reads the account when it sends the mail: the link is as fresh as the mail, and the account's state
at that moment decides which mail it is.
"""

from celery import shared_task

from accounts import mail
from accounts.models import User


@shared_task
def send_sign_up_mail(user_id: int) -> None:
    """Send an activation link, or, to the owner of any other account, a mail that it exists."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:  # Deleted meanwhile.
        return
    send = mail.send_activation if user.awaits_activation else mail.send_account_exists
    send(user)


@shared_task
def send_password_reset(user_id: int | None) -> None:
    """Send the link to choose a new password, if the user exists and is active.

    None stands for an address without an account: the worker finds out that there is nothing to
    do, so that the request does the same work for every address.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        mail.send_password_reset(user)
