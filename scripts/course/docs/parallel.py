"""Runs pieces of work in several processes at once, those that take longest first.

Whatever takes long and begins last runs alone at the end, while the other processors wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from course import processes

Result = TypeVar("Result")
Outcome = TypeVar("Outcome", covariant=True)


@dataclass(frozen=True)
class Job(Generic[Outcome]):
    """A piece of work.

    Attributes:
        weight: how long it is expected to take, against others: no more than a guess.
        do: does it.
    """

    weight: float
    do: Callable[[], Outcome]


def done(jobs: Iterable[Job[Result]], workers: int) -> list[Result]:
    """Do all of them, and return what came of each, in the order in which they are given.

    Args:
        jobs: the pieces.
        workers: how many at a time.
    """
    given = list(jobs)
    heaviest = sorted(range(len(given)), key=lambda at: -given[at].weight)
    with processes.pool(workers) as pool:
        futures = {at: pool.submit(given[at].do) for at in heaviest}
        return [futures[at].result() for at in range(len(given))]
