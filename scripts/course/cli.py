"""``course``: the command line. Verbs are loaded when they are called, so that each starts fast."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from course import console, processes
from course.errors import CourseError

# verb → module and attribute. The order is the order of `course --help`.
VERBS = {
    "list": "course.commands.look:list_links",
    "show": "course.commands.look:show",
    "diff": "course.commands.look:diff",
    "start": "course.commands.run:start",
    "run": "course.commands.run:run",
    "play": "course.commands.play:play",
    "check": "course.commands.play:check",
    "hint": "course.commands.play:hint",
    "compare": "course.commands.play:compare",
    "take": "course.commands.take:take",
    "solve": "course.commands.play:solve",
    "reset": "course.commands.play:reset",
    "progress": "course.commands.play:progress",
    "verify": "course.commands.verify:verify",
    "lint": "course.commands.lint:lint",
    "lock": "course.commands.lock:lock",
    "propagate": "course.commands.propagate:propagate",
    "new": "course.commands.restructure:new",
    "rename": "course.commands.restructure:rename",
    "remove": "course.commands.restructure:remove",
    "history": "course.commands.history:history",
    "reach": "course.commands.history:reach",
    "docs": "course.commands.docs:docs",
    "workflows": "course.commands.workflows:workflows",
    "services": "course.commands.services:services",
    "doctor": "course.commands.doctor:doctor",
}


class _Verbs(click.Group):
    """A group whose verbs are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # With its number, click would end the program itself, as if a step had failed.
            raise BrokenPipeError from None


@click.command(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="course", message="course %(version)s")
def cli() -> None:
    """Read, run, prove and mend a course that is a chain of runnable snapshots.

    A STEP is meant by its number (3), its name (configuration), both (03-configuration), its
    folder, or "final".
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code.

    0: done; 1: something is wrong, and was said; 2: the words of the call are wrong; 130: stopped
    by Ctrl-C, with every child ended; 141: nobody read the output.
    """
    console.use_utf8()
    _catch_signals()
    try:
        code = cli.main(args=arguments, prog_name="course", standalone_mode=False)
        sys.stdout.flush()
    except CourseError as error:
        console.fail(str(error))
        code = 1
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, processes.Interrupted, click.Abort):
        console.note("stopped")
        code = 130
    except BrokenPipeError:
        # Who read the output has seen enough (`course list | head`). This is the code that a
        # shell gives a program which ended by SIGPIPE: no success, for nobody saw the result.
        code = 141
        _drop_output()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.EDQUOT):
            raise
        _drop_output()
        console.fail(f"{error.filename or 'the disk'}: {error.strerror}\n  → course doctor")
        code = 1
    finally:
        # A second Ctrl-C must not keep the children from being ended: it takes seconds at most.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.end_all()
    sys.exit(code if isinstance(code, int) else 0)


def _drop_output() -> None:
    """Let go of output that cannot be written, for Python would try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _catch_signals() -> None:
    """End like Ctrl-C, with every child, when asked to end or when the terminal is closed."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Who ignores SIGHUP (`nohup`) wants the program to outlive the terminal.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
