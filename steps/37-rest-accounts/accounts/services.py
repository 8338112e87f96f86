"""What can be done with accounts: each function changes the database as a whole, or not at all.

They know nothing of HTTP, and do not tell whether an address has an account.
"""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import mail
from accounts.models import User
from accounts.tokens import activation_tokens, find_user, reset_tokens

INVALID_LINK = "This link has been used already, or it is too old."

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


def activate_account(*, uid: str, token: str, password: str | None = None) -> User:
    """Let the owner of an address sign in from now on, and return the user.

    Where nobody's password was kept, one is needed; where there is one, another is ignored. Raises
    ``ValidationError`` with the code ``invalid_link`` for a link that is wrong, used or too old,
    and, on the field ``password``, for a password that is missing or weak.
    """
    with transaction.atomic():
        user = user_of_link(uid, token, activation_tokens)
        if not user.has_usable_password():
            set_password(user, password or "")
        user.is_active = True
        user.save()
    return user


def request_password_reset(*, email: str) -> None:
    """Mail the owner of an active account a link to a new password.

    For any other address nothing is done, and nothing is told.
    """
    try:
        email = User._meta.get_field("email").clean(email, None)
    except ValidationError:
        return
    user = User.objects.filter(email=email, is_active=True).first()
    if user is not None:
        transaction.on_commit(lambda: mail.send_password_reset(user), robust=True)


def reset_password(*, uid: str, token: str, password: str) -> User:
    """Give an active account a new password, and return the user, who is signed out everywhere.

    Raises ``ValidationError`` with the code ``invalid_link`` for a link that is wrong, used or too
    old, and, on the field ``password``, for a weak password.
    """
    with transaction.atomic():
        user = user_of_link(uid, token, reset_tokens)
        set_password(user, password)
        user.save()
    return user


def user_of_link(uid: str, token: str, tokens: PasswordResetTokenGenerator) -> User:
    """Return the user whom a link belongs to, for this transaction alone to change.

    Raises ``ValidationError`` with the code ``invalid_link`` for a link that belongs to nobody.
    """
    user = find_user(uid, token, tokens, lock=True)
    if user is None:
        raise ValidationError(INVALID_LINK, code="invalid_link")
    return user


def set_password(user: User, password: str) -> None:
    """Give a user another password. Raises ``ValidationError``, by field, for a weak one."""
    try:
        check_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)


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
