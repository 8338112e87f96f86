"""What a check in containers found wrong."""

from __future__ import annotations

from pathlib import Path

import click

from course import processes

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


def ending(done: processes.Finished) -> str:
    """Return the last lines that a program printed, indented, below a first line."""
    lines = [line for line in click.unstyle(done.text).splitlines() if line.strip()]
    return "\n".join(["", *(f"    {line[:160]}" for line in lines[-_SHOWN:])])
