"""Where the program begins. It imports next to nothing, so that Ctrl-C is answered from then on.

To load the command line takes some tenths of a second. A KeyboardInterrupt that is raised in the
midst of that prints a traceback, or is lost in a callback of the import system. So while it is
loaded, the signal itself ends the program: nothing runs yet, and nothing is open.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line, and end the program with its exit code; see `course.cli.main`.

    Stopped while it is being loaded, it ends with the same word and the same code as later.
    """
    try:
        _load()
        from course.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        _stop()


def _load() -> None:
    """Import the command line; Ctrl-C ends the program while that lasts."""
    import signal

    usual = signal.getsignal(signal.SIGINT)
    # Who starts the program in the background of a script has the signal ignored.
    if usual is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    try:
        import course.cli  # noqa: F401
    finally:
        signal.signal(signal.SIGINT, usual)


def _stop(*_: object) -> None:
    """Say that the program is stopped, and end it there and then."""
    sys.stderr.write("stopped\n")
    sys.stderr.flush()
    os._exit(130)
