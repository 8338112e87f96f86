"""What can be done with accounts: each function changes the database as a whole, or not at all.

They know nothing of HTTP, and do not tell whether an address has an account.
"""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import mail
from accounts.models import User

MAX_PASSWORD_LENGTH = 4096


def sign_up(*, email: str, password: str) -> None:
    """Make an account that awaits activation, and mail its owner.

    An address that has an account gets no second one, and the answer is the same, after the same
    work: one hash, the same statements, one mail. As long as the account awaits activation, nobody
    knows which of the two is the owner: then neither password is kept.

    Raises ``ValidationError``, by field, for what is no address and for a weak password.
    """
    user = User(email=email, is_active=False, awaits_activation=True)
    clean(user, password)
    user.password = make_password(password)
    with transaction.atomic():
        # The database decides, also between two at the same moment, who is the first.
        User.objects.bulk_create([user], ignore_conflicts=True)
        waiting = User.objects.filter(email=user.email, awaits_activation=True, is_active=False)
        waiting.exclude(password=user.password).update(password=make_password(None))
        found = User.objects.get(email=user.email)
        send = mail.send_activation if found.awaits_activation else mail.send_account_exists
        # Robust: a mail server that is down, or refuses the address, does not change the answer.
        transaction.on_commit(lambda: send(found), robust=True)


def clean(user: User, password: str) -> None:
    """Give a new user the one spelling of its address.

    Raises ``ValidationError``, with the errors of the address and of the password together.
    """
    errors = {}
    try:
        user.full_clean(exclude=["password"], validate_unique=False)
    except ValidationError as error:
        errors |= error.error_dict
    try:
        # Compared with the address only if that is one: with five million characters it takes long.
        check_password(password, None if "email" in errors else user)
    except ValidationError as error:
        errors["password"] = error.error_list
    if errors:
        raise ValidationError(errors)


def check_password(password: str, user: User | None) -> None:
    """Raise ``ValidationError`` for a password that this user, or anyone, should not have."""
    if len(password) > MAX_PASSWORD_LENGTH:
        raise ValidationError(f"Enter a password of at most {MAX_PASSWORD_LENGTH:,} characters.")
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("This password has a character that cannot be kept.") from error
    validate_password(password, user)
