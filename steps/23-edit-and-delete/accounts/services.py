"""Services of accounts: each function makes all of its changes to the database, or none of them.

They know nothing of HTTP, and do not reveal whether an address has an account.
"""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import mail
from accounts.models import User
from accounts.tokens import activation_token_generator, find_user, password_reset_token_generator

INVALID_LINK = "This link has already been used, or has expired."

MAX_PASSWORD_LENGTH = 4096


def sign_up(*, email: str, password: str) -> None:
    """Create an account that awaits activation, and send its owner a mail.

    An address that has an account does not get a second one, and the response is the same, after
    the same work: one hash, the same statements, one mail. While the account awaits activation,
    nobody knows which of two sign-ups came from the owner, so neither password is kept.

    Raises ``ValidationError``, by field, for an invalid address and for a weak password.
    """
    user = User(email=email, is_active=False, awaits_activation=True)
    _validate_new_user(user, password)
    user.password = make_password(password)
    with transaction.atomic():
        # The database decides which of two simultaneous sign-ups comes first.
        User.objects.bulk_create([user], ignore_conflicts=True)
        waiting = User.objects.filter(email=user.email, awaits_activation=True, is_active=False)
        waiting.exclude(password=user.password).update(password=make_password(None))
        found = User.objects.get(email=user.email)
        send = mail.send_activation if found.awaits_activation else mail.send_account_exists
        # Robust: if the mail server is down or refuses the address, the response stays the same.
        transaction.on_commit(lambda: send(found), robust=True)


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


def request_password_reset(*, email: str) -> None:
    """Send the owner of an active account a link to choose a new password.

    For any other address, do nothing. The response is the same, but faster: no mail is sent.
    """
    try:
        email = User._meta.get_field("email").clean(email, None)
    except ValidationError:
        return
    user = User.objects.filter(email=email, is_active=True).first()
    if user is not None:
        transaction.on_commit(lambda: mail.send_password_reset(user), robust=True)


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
