"""A model field for e-mail addresses that ignores case."""

from typing import Any

import idna
from django.db import models

# A little more than an address may have: a longer text is not encoded.
MAX_LENGTH = 320


def normalize_email(email: str) -> str:
    """Return the one spelling of an address: lower case, and the domain as DNS has it, in ASCII.

    ``Anna@BÜCHER.example`` becomes ``anna@xn--bcher-kva.example``. What is no address comes back
    in lower case, and what is far too long comes back as it is, for a validator to refuse.
    """
    if len(email) > MAX_LENGTH:
        return email
    local, at, domain = email.strip().lower().rpartition("@")
    try:
        return local + at + idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return local + at + domain


class NormalizedEmailField(models.EmailField):
    """An e-mail field that stores, and looks up, the canonical form of an address.

    Every way into the database is covered: forms and ``full_clean`` call ``to_python``; ``save``,
    ``bulk_create``, ``update`` and lookups call ``get_prep_value``.
    """

    def to_python(self, value: Any) -> str | None:
        value = super().to_python(value)
        return value if value is None else normalize_email(value)

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))
