"""Where the program begins: Ctrl-C is answered while the command line is still being loaded.

It imports next to nothing, so that Ctrl-C is answered from then on.

To load the command line takes some tenths of a second. A KeyboardInterrupt that is raised in the
midst of that prints a traceback, or is lost in a callback of the import system. So while it is
loaded, the signal itself ends the program: nothing runs yet, and nothing is open.
"""

from __future__ import annotations

import os
import sys

from course import isolation

_MAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")
# As an installer calls the program that it makes.
_PROGRAMS = ("course", "course.exe", "course-script.py", "course-script.pyw")


def main() -> None:
    """Run the command line, and end the program with its exit code; see `course.cli.main`.

    Stopped while it is being loaded, it ends with the same word and the same code as later.
    """
    if os.path.basename(sys.argv[0]) in _PROGRAMS:
        isolation.ensure(_MAIN)
    try:
        _load()
        from course.cli import main as command_line

        command_line()
    except ModuleNotFoundError as error:
        # A Python that is not the tool's own; of a fault in the tool, its lines are shown.
        if (error.name or "course").partition(".")[0] in ("course", *sys.stdlib_module_names):
            raise
        sys.stderr.write(
            f"error: {sys.executable} does not have {error.name}, which the tool needs.\n"
            f"  -> {sys.executable} scripts/bootstrap.py {' '.join(sys.argv[1:])}\n"
        )
        raise SystemExit(1) from None
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
