"""The command line: the list of verbs, advice for errors of the system, exit code, signals.

Verbs are loaded when they are called, so that each starts fast.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from course import console, journal, names, processes
from course.errors import CourseError
from course.repository import Repository

# verb → module and attribute. The order is the order of `course --help`.
VERBS = {
    "list": "course.commands.look:list_links",
    "show": "course.commands.look:show",
    "diff": "course.commands.look:diff",
    "start": "course.commands.run:start",
    "run": "course.commands.run:run",
    "stop": "course.commands.stop:stop",
    "play": "course.commands.play:play",
    "check": "course.commands.play:check",
    "hint": "course.commands.play:hint",
    "compare": "course.commands.play:compare",
    "take": "course.commands.take:take",
    "solve": "course.commands.play:solve",
    "reset": "course.commands.play:reset",
    "progress": "course.commands.play:progress",
    "class": "course.commands.classroom:class_",
    "bundle": "course.commands.bundle:bundle",
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
    "containers": "course.commands.containers:containers",
    "deploy-emulated": "course.commands.deploy_emulated:deploy_emulated",
    "browser-tests": "course.commands.browser_tests:browser_tests",
    "doctor": "course.commands.doctor:doctor",
}

# What the machine refuses, and no fault of the tool; by number, what is to be done about it.
_FREE_SPACE = "Free some space, and try again."
_IN_THE_WAY = "Look at what is there, and move it away or name another place: ls -la {}"
_NO_SUCH_NAME = "This file system does not take such a name: choose another."
_REMEDIES = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EROFS: "The folder is read-only: work in a copy of the course that you may write to.",
    errno.EXDEV: "Both must lie on one file system: is a folder on the way a link or a mount?",
    errno.EIO: "course doctor",
    errno.EMFILE: "course doctor",
    errno.ENFILE: "course doctor",
    errno.ENOMEM: "course doctor",
}
# The same where the error names a file; without a name it is a fault of the tool.
_OF_FILES = {
    errno.EFBIG: "No file may grow so large here: ulimit -f unlimited   (or free some space)",
    errno.ENAMETOOLONG: "Choose a shorter name, or a folder with a shorter path.",
    errno.EILSEQ: _NO_SUCH_NAME,
    errno.EINVAL: _NO_SUCH_NAME,
    errno.ENOENT: "Name what is there, or put it back, and try again: ls -la {}",
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTEMPTY: _IN_THE_WAY,
    errno.ELOOP: _IN_THE_WAY,
    errno.EBUSY: "Close the program that has it open, and try again.",
    errno.ETXTBSY: "Close the program that has it open, and try again.",
    errno.ENOEXEC: "It is damaged, or made for another machine: rm -rf .venv && make setup",
}
_REFUSED = (errno.EACCES, errno.EPERM)


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
        words = (*ctx._protected_args, *ctx.args)
        if _recover(ctx, words):
            return None
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
    """Read, run, prove and fix a course that is a chain of runnable snapshots.

    A STEP is meant by its number (3), its name (configuration), both (03-configuration), its
    folder, or "final".
    """


def _open_closed_streams() -> None:
    """Give the program a stream where its caller closed one (``>&-``): Python has None there."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code.

    0: done; 1: something is wrong, and was said; 2: the words of the call are wrong; 130: stopped
    by Ctrl-C, with every child ended; 141: nobody read the output.
    """
    _open_closed_streams()
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
        if not _is_known(error):
            raise
        _drop_output()
        console.fail(str(_said(error)))
        code = 1
    finally:
        # A second Ctrl-C must not keep the children from being ended: it takes seconds at most.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        processes.end_all()
    sys.exit(code if isinstance(code, int) else 0)


# Verbs that do a thing once: repeated after they were killed, they have done it as soon as the rest
# of it is done, and a second time would be one too many.
_ONCE = frozenset({"new", "rename", "remove", "play", "reset", "solve", "check"})


def _recover(ctx: click.Context, words: Sequence[str]) -> bool:
    """End what a command that was killed left undone, before any verb reads a half-written tree.

    Returns:
        Whether that was all that this call asks for.
    """
    journal.call = tuple(words)
    ctx.obj = None
    verb = words[0] if words else ""
    if verb not in VERBS or {"--help", "-h"} & set(words):
        return False
    try:
        repository = Repository.find()
    except CourseError:
        return False  # The verb itself says so, if it needs a course.
    try:
        ctx.obj = found = journal.recovered(repository)
    except CourseError as error:
        if verb != "doctor":
            raise
        console.warn(str(error))
        return False
    if found is None:
        if busy := journal.at_work(repository):
            console.warn(
                f"`course {busy}` is changing the working copy at this moment: what is shown here"
                " may be half of it. Wait until it has ended, and try again."
            )
        return False
    for line in found.said:
        console.note(line)
    repeated = found.finished and found.call == tuple(words) and verb in _ONCE
    if repeated:
        if verb in ("play", "reset"):  # The files are there; what is made of them may be missing.
            importlib.import_module("course.commands.play").fill(repository, "--restore" in words)
        console.note(f"This was the same call: `course {' '.join(words)}` is done.")
    return repeated


def _files_of(error: OSError) -> list[str]:
    # What is known by its number alone has no name that would help.
    given = (error.filename, error.filename2)
    # A path that a program was to begin in is named as it was given.
    named = [name for name in given if isinstance(name, str | bytes | os.PathLike)]
    return [os.fsdecode(name) for name in named if name]


def _is_known(error: OSError) -> bool:
    """Whether the machine refused something, and the tool itself is not at fault."""
    of_files = error.errno in _OF_FILES and bool(_files_of(error))
    return of_files or error.errno in (*_REMEDIES, *_REFUSED, errno.EFBIG)


def _said(error: OSError) -> CourseError:
    """Return what the system refused, with the files that it names and with what fixes it."""
    files = _files_of(error)
    number = error.errno or 0
    remedy = _REMEDIES.get(number) or _OF_FILES.get(number, "course doctor")
    if number in _REFUSED and files:
        remedy = _opening(_closed(files))
    elif "{}" in remedy:
        if number == errno.ENOTDIR:
            files = [_present(files[0])]
        remedy = remedy.format(names.word(os.path.dirname(_present(files[0]))))
    where = " and ".join(map(names.shown, files)) or "the disk"
    return CourseError(f"{where}: {error.strerror}", remedy)


def _opening(closed: str) -> str:
    """Return what opens a file or folder to the person who runs the program."""
    if os.path.exists(closed) and not _is_mine(closed):
        return f'It belongs to another user: sudo chown -R "$(id -un)" {names.word(closed)}'
    outer, above = closed, os.path.dirname(closed)
    while not _is_open(above) and _is_mine(above) and above != outer:
        outer, above = above, os.path.dirname(above)
    if outer != closed:
        # Opened one by one, the next would be met as soon as one is open.
        return f"Make all that is in it readable and writable: chmod -R u+rwX {names.word(outer)}"
    what, letters = ("folder", "rwx") if os.path.isdir(closed) else ("file", "rw")
    return f"Make the {what} readable and writable: chmod u+{letters} {names.word(closed)}"


def _is_mine(path: str) -> bool:
    """Whether a file belongs to the person who runs the program; on Windows, each does."""
    if not hasattr(os, "geteuid"):
        return True
    return os.path.exists(path) and os.stat(path).st_uid == os.geteuid()


def _is_open(path: str) -> bool:
    search = os.X_OK if os.path.isdir(path) else 0
    return os.access(path, os.R_OK | os.W_OK | search)


def _present(name: str) -> str:
    """Return what is there of a path: it itself, or the innermost of what it is to be in."""
    path = os.path.abspath(name)
    while not os.path.lexists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path


def _closed(files: Sequence[str]) -> str:
    """Return the file or folder that keeps a person out; what was named, if nothing seems to."""
    for name in files:
        path = _present(name)
        # To make, replace or take away a file, its folder must be writable.
        for here in (path, os.path.dirname(path)):
            if not _is_open(here):
                return here
    return files[0]


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
