"""What all verbs print with: colours, encoding, warnings, errors, tables, progress bars."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape as escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Column, Table

from course import names

# Where there is no terminal, a line this often (in seconds) says how far long work is.
SELDOM = 10.0
# What a terminal obeys, or a reader cannot see: control characters but line breaks and tabs, and
# those that turn the direction of a text, so that a name looks like another.
_COMMANDS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class _Console(Console):
    """A console whose text is text: nothing that it shows commands the terminal.

    A name of a file, or a line of code, may hold an escape sequence; it is shown by its code. What
    a reader's going away means is left to the command line.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if not segment.control and _COMMANDS.search(segment.text):
                text = _COMMANDS.sub(lambda match: names.visible(match[0]), segment.text)
                segment = Segment(text, segment.style)
            yield segment

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
    """Make the standard streams write UTF-8, whatever the code page of a Windows console is.

    A byte of a file's name that is no UTF-8 is written by its code.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors=names.ERRORS)


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


@contextmanager
def progress(message: str, seldom: float = SELDOM) -> Iterator[Callable[[str], None]]:
    """Show how far long work is, and since when it runs.

    On a terminal one line changes in place; elsewhere one stands there at once, and then one now
    and then, so that a log shows that the work goes on and is not flooded.

    Args:
        message: what begins.
        seldom: the seconds from line to line where there is no terminal.

    Yields:
        What is to be told how far the work is; from any thread.
    """
    if err.is_terminal:
        column = TextColumn(
            "{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")
        )
        columns = (SpinnerColumn(), TimeElapsedColumn(), column)
        with Progress(*columns, console=err, transient=True) as shown:
            task = shown.add_task(escape(message))
            yield lambda text: shown.update(task, description=escape(text))
        return
    note(message)
    begun, latest, ended = time.monotonic(), [message], threading.Event()

    def speak() -> None:
        while not ended.wait(seldom):
            minutes, seconds = divmod(int(time.monotonic() - begun), 60)
            note(f"{minutes}:{seconds:02} {latest[-1]}")

    def tell(text: str) -> None:
        latest[:] = [text]

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield tell
    finally:
        ended.set()
        speaker.join()
