"""The names of checks, and of outcomes: passed, remembered, failed, skipped, not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PASSED = "passed"
REMEMBERED = "remembered"
FAILED = "failed"
SKIPPED = "skipped"
NOT_RUN = "not run"

# In the order of the table.
CHECKS = (
    "install",
    "env",
    "check",
    "lint",
    "test",
    "apart",
    "migrate",
    "upgrade",
    "rollout",
    "serve",
    "proof",
    "extra",
    "isolation",
    "copy",
)


@dataclass(frozen=True)
class Outcome:
    """The result of a check.

    Attributes:
        link: the link's name.
        check: one of `CHECKS`.
        state: one of the states of this module.
        message: what is wrong and what fixes it; for a check that did not run, why.
        log: the file with all that was printed.
        seconds: how long it took; of what is remembered, how long it took then.
        notes: what a person should know of a check that passed.
        facts: what other checks, and the report, want to know.
        during: the check that was under way when another's fault came to light; else empty.
        processor: seconds of processor time that its commands took; remembered like `seconds`.
    """

    link: str
    check: str
    state: str
    message: str = ""
    log: Path | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    during: str = ""
    processor: float = 0.0

    @property
    def bad(self) -> bool:
        """Whether the check found a fault."""
        return self.state == FAILED


class Fault(Exception):
    """A check found something wrong.

    Args:
        check: the check that found it.
        message: what is wrong, and what fixes it.
        log: the file with all that was printed.
    """

    def __init__(self, check: str, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.check = check
        self.message = message
        self.log = log
