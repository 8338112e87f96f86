"""What ``course verify`` prints: progress, marks of outcomes, a table, one line a fault."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from course import console
from course.chain import Link
from course.verify.outcome import CHECKS, FAILED, NOT_RUN, PASSED, REMEMBERED, SKIPPED, Outcome
from course.verify.plan import Task, log_name
from course.verify.profile import Profile

_SIGNS = {
    PASSED: "[green]✓[/]",
    REMEMBERED: "[green]=[/]",
    FAILED: "[bold red]✗[/]",
    SKIPPED: "[yellow]–[/]",
    NOT_RUN: "[yellow]?[/]",
}


class Live:
    """Progress while the checks run: a bar on a terminal, a line a step elsewhere."""

    def __init__(self, links: Sequence[Link], tasks: int) -> None:
        self._links = {link.name: link for link in links}
        self._left: dict[str, int] = {}
        self._running: list[Task] = []
        self._begun = time.monotonic()
        self._bar = Progress(
            TextColumn("verify"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console.err,
            transient=True,
            disable=not console.err.is_terminal,
        )
        self._id = self._bar.add_task("", total=tasks)

    def __enter__(self) -> Live:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tell(self, news: Outcome | Task) -> None:
        """Take in that a task starts, or what came of it."""
        if isinstance(news, Task):
            self._running.append(news)
        else:
            self._running = [
                task
                for task in self._running
                if (task.link.name, task.check) != (news.link, news.during or news.check)
            ]
            self._bar.advance(self._id)
            if news.bad:
                self._bar.console.print(f"[bold red]✗[/] {news.link} {news.check}")
            elif not console.err.is_terminal and news.state == PASSED:
                console.note(f"✓ {news.link:<28} {news.check:<8} {news.seconds:5.1f} s")
        names = ", ".join(f"{task.link.label} {task.check}" for task in self._running)
        self._bar.update(self._id, description=console.escape(names))


def table(links: Sequence[Link], outcomes: Sequence[Outcome]) -> Table:
    """Return the table at the end: a row a step, a column a check."""
    shown = [name for name in CHECKS if any(outcome.check == name for outcome in outcomes)]
    result = console.plain_table("step", *shown, "tests", "proof of what is new")
    for name in shown:
        result.columns[shown.index(name) + 1].justify = "center"
    result.columns[len(shown) + 1].justify = "right"
    for link in links:
        found = {outcome.check: outcome for outcome in outcomes if outcome.link == link.name}
        if not found:
            continue
        # A check that came upon the fault of another was not carried out to its end.
        states = {outcome.during: SKIPPED for outcome in found.values()}
        states |= {name: outcome.state for name, outcome in found.items()}
        signs = [_SIGNS[states[name]] if name in states else "·" for name in shown]
        result.add_row(link.name, *signs, _tests(found), _proof(found))
    return result


def _tests(found: dict[str, Outcome]) -> str:
    facts = [found[name].facts.get("states") for name in ("test", "apart") if name in found]
    count = sum(len(states) for states in facts if isinstance(states, dict))
    return str(count) if count else ""


def _proof(found: dict[str, Outcome]) -> str:
    facts = found["proof"].facts if "proof" in found else {}
    words = [
        f"{facts[name]} {text}"
        for name, text in (
            ("failing", "fail before"),
            ("unimported", "cannot be imported before"),
            ("holds", "rightly hold before"),
            ("commands", "commands fail before"),
        )
        if facts.get(name)
    ]
    return ", ".join(words)


def summary(outcomes: Sequence[Outcome], root: Path, seconds: float) -> list[str]:
    """Return the lines below the table: one a fault, one a check not run, and the sum.

    The lines are rich's markup.
    """
    lines = []
    for outcome in outcomes:
        if outcome.state == FAILED:
            log = log_name(outcome.log, root)
            where = f" [dim]({console.escape(log)})[/]" if log else ""
            lines.append(
                f"[bold red]FAILED[/] {outcome.link} [bold]{outcome.check}[/]:"
                f" {console.escape(outcome.message)}{where}"
            )
        elif outcome.state == NOT_RUN:
            lines.append(
                f"[bold yellow]NOT RUN[/] {outcome.link} {outcome.check}:"
                f" {console.escape(outcome.message)}"
            )
    count = {state: sum(outcome.state == state for outcome in outcomes) for state in _SIGNS}
    words = [f"{count[PASSED]} passed", f"{count[FAILED]} failed"]
    words += [f"{count[state]} {state}" for state in (REMEMBERED, SKIPPED, NOT_RUN) if count[state]]
    lines.append(f"{', '.join(words)} in {seconds:.1f} s")
    return lines


def as_json(outcomes: Sequence[Outcome], root: Path, profile: Profile | None = None) -> str:
    """Return the outcomes for a program to read: a list, or with a profile an object of both."""
    found = [
        {
            "step": outcome.link,
            "check": outcome.check,
            "state": outcome.state,
            "message": outcome.message,
            "log": log_name(outcome.log, root),
            "seconds": round(outcome.seconds, 3),
            "processor_seconds": round(outcome.processor, 3),
            "notes": list(outcome.notes),
        }
        for outcome in outcomes
    ]
    whole = found if profile is None else {"outcomes": found, "profile": profile.as_json()}
    return json.dumps(whole, ensure_ascii=False, indent=2)
