"""Tasks of accounts: mails and clean-up. Each task is retried after a failure, and safe to repeat.

A message names a user by its id, so the broker holds neither an address nor a token. The worker
reads the account when it sends the mail: the link is as fresh as the mail, and the account's state
at that moment decides which mail it is.
"""

from collections.abc import Callable

from celery import Task, shared_task
from django.core.cache import cache
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from accounts import mail
from accounts.models import User


class RetriedTask(Task):
    """A task that is safe to repeat, and repeats itself after a failure."""

    # The mail server is away, or refuses the mail for now: each SMTPException is an OSError. Or the
    # database or the cache is away.
    autoretry_for = (OSError, OperationalError, InterfaceError, RedisError)
    # In seconds: 10, 20, 40, 80, and then 2 minutes between two attempts, for half an hour. A retry
    # must begin before the broker gives the message to another worker (visibility_timeout).
    retry_backoff = 10
    retry_backoff_max = 120
    retry_jitter = False
    max_retries = 18


class MailTask(RetriedTask):
    """A task that sends a mail."""

    def send_once(self, send: Callable[[User], None], user: User) -> None:
        """Send a mail, unless an earlier run of this task has sent it.

        A retry has the id of the first run, and so has a run whose worker died before it could
        acknowledge the message. If a worker dies between the mail and the note, the mail is sent
        twice; with the note first, it might never be sent.
        """
        key = f"mail-sent-{self.request.id}"
        if self.request.called_directly or cache.get(key) is None:
            send(user)
            cache.set(key, True, timeout=24 * 60 * 60)


class NightlyTask(RetriedTask):
    """A task that is run once a night, however many beat processes publish it."""

    def is_first(self) -> bool:
        """Return whether this is the first message of this task within an hour.

        The first one stays the first if it is repeated. Raises ``RedisError`` if the cache is away.
        """
        first = cache.get_or_set(f"first-{self.name}", self.request.id, timeout=60 * 60)
        return first == self.request.id


@shared_task(base=NightlyTask, bind=True)
def purge_accounts(self: NightlyTask) -> None:
    """Delete the accounts that nobody activated."""
    if self.is_first():
        call_command("purge_accounts")  # Not the service: its module imports this one.


@shared_task(base=NightlyTask, bind=True)
def clear_sessions(self: NightlyTask) -> None:
    """Delete the sessions that have expired, from the database. The cache forgets them itself."""
    if self.is_first():
        call_command("clearsessions")


@shared_task(base=MailTask, bind=True)
def send_sign_up_mail(self: MailTask, user_id: int) -> None:
    """Send an activation link, or, to the owner of any other account, a mail that it exists."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:  # Deleted meanwhile.
        return
    send = mail.send_activation if user.awaits_activation else mail.send_account_exists
    self.send_once(send, user)


@shared_task(base=MailTask, bind=True)
def send_password_reset(self: MailTask, user_id: int | None) -> None:
    """Send the link to choose a new password, if the user exists and is active.

    None stands for an address without an account: the worker finds out that there is nothing to
    do, so that the request does the same work for every address.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        self.send_once(mail.send_password_reset, user)
