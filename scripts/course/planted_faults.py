"""Plants a fault in a copy: the message when no check finds it, how much output is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from course import processes
from course.catalogue import Planted

_SHOWN = 15


class Wrong(Exception):
    """A check did not do what it is to do.

    Args:
        message: what happened, with the last lines that were printed.
        log: the file with all of it.
    """

    def __init__(self, message: str, log: Path) -> None:
        super().__init__(message)
        self.message = message
        self.log = log


def plant(fault: Planted, folder: Path, log: Path) -> None:
    """Plant a fault in a copy of a snapshot.

    Raises:
        Wrong: when the text that the fault replaces is not there, or not once.
    """
    file = folder / fault.path
    text = file.read_text("utf-8") if file.is_file() else ""
    found = text.count(fault.old)
    if found != 1:
        raise Wrong(
            f"a fault cannot be planted: {fault.path} has {fault.old!r} {found} times."
            " Fix `planted` in the catalogue.",
            log,
        )
    file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


def seen_to_fail(
    run: Callable[[Planted | None, Path], processes.Finished],
    log: Callable[[str], Path],
    planted: Iterable[Planted],
    verbs: tuple[str, str] = ("it fails", "it passes"),
    said: Callable[[processes.Finished], str] | None = None,
) -> dict[str, float]:
    """Run a check as a snapshot is, when it must pass, and with each fault, when it must fail.

    Args:
        run: runs it, with a fault if there is one; what is printed goes to a log.
        log: returns the log of a run, by its name.
        planted: the faults.
        verbs: how it is told that the check fails, or passes.
        said: returns the last lines that a run printed; `ending` unless given.

    Returns:
        The seconds of the first run, ``green``, and of all others together, ``red``.

    Raises:
        Wrong: when it fails as the snapshot is, or passes with a fault.
    """
    said, (fails, passes), path = said or ending, verbs, log("green")
    green = run(None, path)
    if green.code:
        raise Wrong(f"{fails}: {said(green)}", path)
    spent = 0.0
    for number, fault in enumerate(planted, 1):
        path = log(f"red-{number}")
        red = run(fault, path)
        what = fault.what or f"{fault.new!r} is in {fault.path}"
        if not red.code:
            raise Wrong(f"{passes}, although {what}.", path)
        if fault.says not in click.unstyle(red.text):
            raise Wrong(f"when {what}, {fails} for another reason: {said(red)}", path)
        spent += red.seconds
    return {"green": round(green.seconds, 1), "red": round(spent, 1)}


def ending(done: processes.Finished) -> str:
    """Return the last lines that a program printed, indented, below a first line."""
    return last_lines(click.unstyle(done.text).splitlines(), _SHOWN)


def last_lines(lines: Iterable[str], count: int) -> str:
    """Return the last lines that say something, indented, below a first line."""
    said = [line for line in lines if line.strip()]
    return "\n".join(["", *(f"    {line[:160]}" for line in said[-count:])])


def last_line(text: str) -> str:
    """Return the last line that a program printed."""
    return (text.strip().splitlines() or ["it printed nothing"])[-1]
