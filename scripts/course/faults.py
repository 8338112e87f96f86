"""Faults that are planted in a copy of a snapshot, and a check that did not find one."""

from __future__ import annotations

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


def ending(done: processes.Finished) -> str:
    """Return the last lines that a program printed, indented, below a first line."""
    lines = [line for line in click.unstyle(done.text).splitlines() if line.strip()]
    return "\n".join(["", *(f"    {line[:160]}" for line in lines[-_SHOWN:])])
