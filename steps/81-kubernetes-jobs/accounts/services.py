"""Services of accounts: each function makes all of its changes to the database, or none of them.

They do not reveal whether an address has an account. They know nothing of HTTP: a request is only
passed on to the authentication backends.
"""

import logging
import secrets

from celery import Task
from celery.exceptions import OperationalError
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Token, User, digest
from accounts.tasks import send_password_reset, send_sign_up_mail
from accounts.tokens import activation_token_generator, find_user, password_reset_token_generator

logger = logging.getLogger(__name__)

# How many accounts are deleted in one transaction: nobody waits for it long.
PURGE_SIZE = 1000

INVALID_LOGIN = "Enter the e-mail address and the password of your account."
INVALID_LINK = "This link has already been used, or has expired."

MAX_PASSWORD_LENGTH = 4096


def sign_up(*, email: str, password: str) -> None:
    """Create an account that awaits activation, and let a worker send its owner a mail.

    An address that has an account does not get a second one, and the response is the same, after
    the same work: one hash, the same statements, one message. While the account awaits activation,
    nobody knows which of two sign-ups came from the owner, so neither password is kept.

    Raises ``ValidationError``, by field, for an invalid address and for a weak password.
    """
    user = User(email=email, is_active=False, awaits_activation=True)
    _validate_new_user(user, password)
    user.password = make_password(password)
    with transaction.atomic():
        # The database decides which of two simultaneous sign-ups comes first. An existing account
        # stays as it is, but is locked: until the commit, nobody activates or deletes it.
        User.objects.bulk_create(
            [user], update_conflicts=True, unique_fields=["email"], update_fields=["email"]
        )
        waiting = User.objects.filter(email=user.email, awaits_activation=True, is_active=False)
        waiting.exclude(password=user.password).update(
            password=make_password(None),
            date_joined=user.date_joined,  # The time to activate it starts over.
        )
        _publish_on_commit(send_sign_up_mail, user.pk)


def create_user(*, email: str, password: str) -> User:
    """Create an account that is active at once, without a mail, and return the user.

    For those who run the site: nothing proves that the address is the user's. Raises
    ``ValidationError``, by field, for an address that is invalid or taken, and for a weak password.
    """
    user = User(email=email)
    _validate_new_user(user, password)
    user.validate_unique()
    user.set_password(password)
    user.save()
    return user


def activate_account(*, uid: str, token: str, password: str | None = None) -> User:
    """Activate the account that a mailed link belongs to, and return the user.

    If no password was kept at sign-up, one is required; otherwise ``password`` is ignored. Raises
    ``ValidationError`` with the code ``invalid_link`` for a link that is wrong, used or expired,
    and, on the field ``password``, for a password that is missing or weak.
    """
    with transaction.atomic():
        user = _get_user_by_link(uid, token, activation_token_generator)
        if not user.has_usable_password():
            _set_new_password(user, password or "")
        user.is_active = True
        user.save()
    return user


def purge_accounts(*, dry_run: bool = False) -> int:
    """Delete the accounts that nobody activated in time, and return how many they are.

    The time is ``settings.ACTIVATION_PERIOD``. With ``dry_run=True``, delete nothing.
    """
    expired = User.objects.filter(
        is_active=False,
        awaits_activation=True,
        date_joined__lt=timezone.now() - settings.ACTIVATION_PERIOD,
    )
    if dry_run:
        return expired.count()
    count = 0
    while True:
        with transaction.atomic():
            # Skip those that are locked: somebody is activating them, or signs up again.
            batch = expired.select_for_update(skip_locked=True).values_list("pk", flat=True)
            pks = list(batch[:PURGE_SIZE])
            User.objects.filter(pk__in=pks).delete()
        count += len(pks)
        if len(pks) < PURGE_SIZE:
            return count


def request_password_reset(*, email: str) -> None:
    """Let a worker send the owner of an active account a link to choose a new password.

    The response is the same for any other address, after the same work: one query, one message.
    """
    try:
        email = User._meta.get_field("email").clean(email, None)
    except ValidationError:
        return
    user_id = User.objects.filter(email=email).values_list("pk", flat=True).first()
    _publish_on_commit(send_password_reset, user_id)


def reset_password(*, uid: str, token: str, password: str) -> User:
    """Set a new password for an active account, sign the user out everywhere, and return the user.

    Raises ``ValidationError`` with the code ``invalid_link`` for a link that is wrong, used or
    expired, and, on the field ``password``, for a weak password.
    """
    with transaction.atomic():
        user = _get_user_by_link(uid, token, password_reset_token_generator)
        _set_new_password(user, password)
        user.save()
    return user


def check_credentials(*, email: str, password: str, request: HttpRequest | None = None) -> User:
    """Return the user with this address and this password.

    Raises ``ValidationError`` with the code ``invalid_login``, the same for every reason.
    """
    try:
        email = User._meta.get_field("email").clean(email, None)
        too_long = len(password) > MAX_PASSWORD_LENGTH
        user = None if too_long else authenticate(request, username=email, password=password)
    except (ValidationError, UnicodeEncodeError):
        user = None
    if user is None:
        raise ValidationError(INVALID_LOGIN, code="invalid_login")
    return user


@transaction.atomic
def create_token(*, user: User) -> tuple[Token, str]:
    """Create a token for a user, and return it with its key, which is not stored.

    It is valid for ``settings.TOKEN_LIFETIME``; the user's expired tokens are deleted. Raises
    ``ValidationError``, with the code ``invalid_login``, if the password has changed meanwhile.
    """
    # A password change takes the same lock, so no token of the old password can follow it.
    same = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    if not same.select_for_update(no_key=True).first():
        raise ValidationError(INVALID_LOGIN, code="invalid_login")
    key, now = secrets.token_urlsafe(32), timezone.now()
    user.tokens.filter(expires_at__lte=now).delete()
    token = user.tokens.create(digest=digest(key), expires_at=now + settings.TOKEN_LIFETIME)
    return token, key


def revoke_token(*, key: str) -> None:
    """Delete the token with this key, if there is one."""
    Token.objects.filter(digest=digest(key)).delete()


def _publish_on_commit(task: Task, user_id: int | None) -> None:
    """Publish a task after the commit: a rollback leaves no message, and the worker sees the row.

    If the broker is away, log an error. The response stays the same, and the visitor, who waits for
    a mail, can ask again: sending it here would take as long as the mail server takes.
    """

    def publish() -> None:
        try:
            task.delay(user_id)
        except OperationalError as error:
            logger.error("Lost %s for user %s: the broker is away (%s).", task.name, user_id, error)

    # Robust: whatever else fails, the response stays the same.
    transaction.on_commit(publish, robust=True)


def _get_user_by_link(uid: str, token: str, token_generator: PasswordResetTokenGenerator) -> User:
    """Return the user that a link belongs to, locked until the end of the transaction.

    Raises ``ValidationError`` with the code ``invalid_link`` for an invalid link.
    """
    user = find_user(uid, token, token_generator, lock=True)
    if user is None:
        raise ValidationError(INVALID_LINK, code="invalid_link")
    return user


def _set_new_password(user: User, password: str) -> None:
    """Set a user's password. Raises ``ValidationError`` on ``password`` for a weak one."""
    try:
        _validate_new_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)


def _validate_new_user(user: User, password: str) -> None:
    """Validate a new user, and convert its address to the canonical form.

    Raises ``ValidationError`` with the errors of the address and of the password together.
    """
    errors = {}
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        errors |= error.error_dict
    try:
        # Compare it with a valid address only: one of five million characters would take long.
        _validate_new_password(password, None if "email" in errors else user)
    except ValidationError as error:
        errors["password"] = error.error_list
    if errors:
        raise ValidationError(errors)


def _validate_new_password(password: str, user: User | None) -> None:
    """Raise ``ValidationError`` for a weak password, or one that resembles the user's address."""
    if len(password) > MAX_PASSWORD_LENGTH:
        raise ValidationError(f"Enter a password of at most {MAX_PASSWORD_LENGTH:,} characters.")
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("This password has a character that cannot be stored.") from error
    validate_password(password, user)
