"""Checks that demand what not every machine has: a container engine, or a browser.

Each takes minutes, so that it runs only when somebody asks for it, and what passed is remembered by
its content. Where a machine lacks what a check demands, the check is named as not run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from course import console
from course.cache.check_results import Memory
from course.chain import Chain, Link
from course.errors import CourseError, Lacking
from course.planted_faults import Wrong
from course.repository import Repository

# What a check saw when it passed; its ``seconds`` are added.
Seen = Mapping[str, object]


class Check(Protocol):
    """One check of a step."""

    @property
    def name(self) -> str:
        """How it is called: the step, and what of it."""

    def key(self, chain: Chain) -> str:
        """What identifies it by all that its result depends on."""

    def passed(self, seen: Seen) -> str:
        """Say what was seen now."""

    def remembered(self, seen: Seen) -> str:
        """Say what was seen when it passed."""


C = TypeVar("C", bound=Check)
# Runs a check by what it is given, tells what comes of it, and remembers that it passed.
Try = Callable[[C, Callable[[], Seen]], None]


def run(
    steps: Sequence[str],
    fresh: bool,
    of: Callable[[Sequence[Link]], Sequence[C]],
    none: str,
    carry_out: Callable[[Chain, Sequence[C], Try[C]], None],
) -> None:
    """Run the checks of some steps that are not remembered as passed.

    Args:
        steps: the steps, as a person names them; all, if none is named.
        fresh: whether what is remembered does not count.
        of: returns the checks of some links.
        none: what is said when there are none.
        carry_out: makes ready what the checks demand, and tries each, from any thread.

    Raises:
        SystemExit: when one fails.
    """
    chain = Chain(Repository.find())
    checks = of([chain.find(step) for step in steps] or chain.links)
    if not checks:
        console.note(none)
        return
    memory = Memory(chain.repository, use=not fresh)
    due, failed = [], list[C]()
    for check in checks:
        if (seen := memory.get(check.key(chain))) is None:
            due.append(check)
        else:
            _tell("[dim]=[/]", check, check.remembered(seen))

    def attempt(check: C, prove: Callable[[], Seen]) -> None:
        key, begun = check.key(chain), time.monotonic()
        try:
            seen = dict(prove())
        except Lacking as reason:
            _not_run(check, reason)
        except (Wrong, CourseError) as problem:
            failed.append(check)
            _tell("[bold red]✗[/]", check, _said(problem, chain.repository))
        else:
            seen["seconds"] = round(time.monotonic() - begun)
            memory.put(key, seen)
            _tell("[green]✓[/]", check, check.passed(seen))

    if due:
        try:
            carry_out(chain, due, attempt)
        except Lacking as reason:
            for check in due:
                _not_run(check, reason)
    if memory.problem:
        console.warn(f"some results could not be remembered: {memory.problem}")
    if failed:
        raise SystemExit(1)


def green_and_red(seen: Seen, planted: str) -> str:
    """Say how long a check took as the step is, and how long with what was planted."""
    return f"green in {seen['green']} s, and red in {seen['red']} s with {planted}"


def _said(problem: Wrong | CourseError, repository: Repository) -> str:
    if isinstance(problem, Wrong):
        return f"{problem.message}\n  → read {problem.log.relative_to(repository.root)}"
    return f"{problem.problem}\n  → {problem.remedy}"


def _not_run(check: Check, reason: Lacking) -> None:
    _tell("[bold yellow]NOT RUN[/]", check, f"{reason.problem}\n  → {reason.remedy}")


def _tell(sign: str, check: Check, text: str) -> None:
    console.out.print(f"{sign} [bold]{check.name}[/]  {console.escape(text)}", highlight=False)
