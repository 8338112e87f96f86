"""A model field for e-mail addresses that ignores case."""

import re
from typing import Any

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

# Slightly more than the longest valid address. Longer input is not converted: it would be slow.
MAX_LENGTH = 320


def normalize_email(email: str) -> str:
    """Return the canonical form of an address: lower case, with the domain in ASCII (IDNA).

    ``Anna@BÜCHER.example`` becomes ``anna@xn--bcher-kva.example``. An invalid address is returned
    in lower case, and one that is far too long is returned unchanged: validators reject both.
    """
    if len(email) > MAX_LENGTH:
        return email
    local, at, domain = email.strip().lower().rpartition("@")
    try:
        return local + at + idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return local + at + domain


def validate_ascii_email(email: str) -> None:
    """Raise ``ValidationError`` for an invalid address, or characters that cannot be stored."""
    if not re.fullmatch("[!-~]+", email):
        raise ValidationError(validate_email.message, code=validate_email.code)
    validate_email(email)


class NormalizedEmailField(models.EmailField):
    """An e-mail field that stores, and looks up, the canonical form of an address.

    Every way into the database is covered: forms and ``full_clean`` call ``to_python``; ``save``,
    ``bulk_create``, ``update`` and lookups call ``get_prep_value``.
    """

    default_validators = [validate_ascii_email]

    def to_python(self, value: Any) -> str | None:
        value = super().to_python(value)
        return value if value is None else normalize_email(value)

    def get_prep_value(self, value: Any) -> str | None:
        return self.to_python(super().get_prep_value(value))
