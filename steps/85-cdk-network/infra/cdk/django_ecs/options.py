"""What may differ between the environments of an application."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """Sizes, numbers, and what happens to the data. The defaults are safe, and small.

    Attributes:
        nat_gateways: one is enough; with two, losing a zone leaves the other one its way out.
    """

    nat_gateways: int = 1
