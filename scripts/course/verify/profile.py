"""What a verification cost: by kind of check, and how many of the slowest checks are listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.table import Table

from course import console
from course.verify.outcome import CHECKS, FAILED, PASSED, REMEMBERED, Outcome

_MOST = 10


@dataclass
class Kind:
    """What the checks of one kind cost together.

    Attributes:
        check: the kind.
        ran: how many were carried out.
        remembered: how many passed in an earlier run, and cost nothing in this one.
        processor_seconds: of those that were carried out: what their commands took, user and
            system together, with all that they started and waited for.
        seconds: of those that were carried out: by the clock on the wall. Several run at once, and
            so the sum may be more than the run took.
    """

    check: str
    ran: int = 0
    remembered: int = 0
    processor_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Profile:
    """The cost of a run.

    Attributes:
        kinds: every kind of check that there was, the most expensive first.
        most_expensive: the checks that cost most, the most expensive first.
    """

    kinds: list[Kind]
    most_expensive: list[Outcome]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Profile:
        """Sum up the outcomes of a run, those too that nobody asked for."""
        kinds: dict[str, Kind] = {}
        ran = []
        for outcome in outcomes:
            kind = kinds.setdefault(_check(outcome), Kind(_check(outcome)))
            if outcome.state == REMEMBERED:
                kind.remembered += 1
            elif outcome.state in (PASSED, FAILED):
                kind.ran += 1
                kind.processor_seconds += outcome.processor
                kind.seconds += outcome.seconds
                ran.append(outcome)
        ran.sort(key=lambda outcome: (-outcome.processor, -outcome.seconds))
        return cls(
            sorted(
                (kind for kind in kinds.values() if kind.ran or kind.remembered),
                key=lambda kind: (-kind.processor_seconds, CHECKS.index(kind.check)),
            ),
            ran[:_MOST],
        )

    @property
    def total(self) -> Kind:
        """What all of them cost together."""
        return Kind(
            "all",
            sum(kind.ran for kind in self.kinds),
            sum(kind.remembered for kind in self.kinds),
            sum(kind.processor_seconds for kind in self.kinds),
            sum(kind.seconds for kind in self.kinds),
        )

    def as_json(self) -> dict[str, object]:
        """Return it for a program to read."""
        return {
            "checks": [_rounded(kind) for kind in self.kinds],
            "all": _rounded(self.total),
            "most_expensive": [
                {
                    "step": outcome.link,
                    "check": _check(outcome),
                    "processor_seconds": round(outcome.processor, 3),
                    "seconds": round(outcome.seconds, 3),
                }
                for outcome in self.most_expensive
            ],
        }

    def tables(self) -> list[Table]:
        """Return it for a person to read: the kinds their sum, and what cost most, if any ran."""
        kinds = console.plain_table("check", "ran", "remembered", "processor s", "wall s")
        for kind in (*self.kinds, self.total):
            kinds.add_row(
                kind.check,
                str(kind.ran),
                str(kind.remembered),
                f"{kind.processor_seconds:.1f}",
                f"{kind.seconds:.1f}",
            )
        costly = console.plain_table("step", "check", "processor s", "wall s")
        for outcome in self.most_expensive:
            costly.add_row(
                outcome.link,
                _check(outcome),
                f"{outcome.processor:.1f}",
                f"{outcome.seconds:.1f}",
            )
        for table in (kinds, costly):
            for column in table.columns[1 if table is kinds else 2 :]:
                column.justify = "right"
        return [kinds, costly] if self.most_expensive else [kinds]


def _check(outcome: Outcome) -> str:
    """Return what was under way, whatever it found."""
    return outcome.during or outcome.check


def _rounded(kind: Kind) -> dict[str, object]:
    found = asdict(kind)
    return {key: round(v, 3) if isinstance(v, float) else v for key, v in found.items()}
