"""What a person sees: colour where there is a terminal, plain lines where there is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["err", "escape", "fail", "note", "out", "plain_table", "spinner", "use_utf8", "warn"]


class _Console(Console):
    """A console that leaves it to the command line what a reader's going away means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


# Results go to standard output, so that they can be piped; everything about the work to standard
# error. `soft_wrap` keeps a path on one line, so that it can be copied; `:cat:` in a path or a line
# of code is no emoji.
out = _Console(soft_wrap=True, highlight=False, emoji=False)
err = _Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
if not out.is_terminal and "COLUMNS" not in os.environ:
    # A pipe or a log has no width; tables need not be folded to 80 columns there.
    out.width = 160


def use_utf8() -> None:
    """Make the standard streams write UTF-8, whatever the code page of a Windows console is."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def note(message: str) -> None:
    """Say something about the work, on standard error."""
    err.print(escape(message))


def warn(message: str) -> None:
    """Say something that a person should look at, but that does not stop the work."""
    err.print(f"[yellow]warning:[/] {escape(message)}")


def fail(message: str) -> None:
    """Say what went wrong."""
    err.print(f"[bold red]error:[/] {escape(message)}")


def plain_table(*headings: str, title: str | None = None) -> Table:
    """Return a table without lines between its cells, whose columns line up."""
    table = Table(title=title, box=None, header_style="bold", pad_edge=False, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


@contextmanager
def spinner(message: str) -> Iterator[None]:
    """Show that something is going on: a spinner on a terminal, one line elsewhere."""
    if err.is_terminal:
        with err.status(escape(message)):
            yield
    else:
        note(message)
        yield
