"""A model field for e-mail addresses that ignores case."""

from typing import Any

from django.db import models
from django.utils.encoding import punycode


def normalize_email(email: str) -> str:
    """Return the canonical form of an address: lower case, with the domain in ASCII as DNS has it.

    ``Anna@BÜCHER.example`` becomes ``anna@xn--bcher-kva.example``. An invalid address is returned
    in lower case, for a validator to refuse.
    """
    local, at, domain = email.strip().lower().rpartition("@")
    try:
        return local + at + punycode(domain)
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

    def get_prep_value(self, value: Any) -> str | None:
        return self.to_python(super().get_prep_value(value))
