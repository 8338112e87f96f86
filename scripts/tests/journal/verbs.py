"""Run as a program: kills a verb of the command line wherever it writes, then reads and repeats.

    python verbs.py SCRIPTS FOLDER READER -- WORDS...

``FOLDER/template`` holds the course as it is before ``course WORDS``. That is called once; before
each of its operations on the disk the course is copied, as a process that is killed there leaves
it. Then, in a copy, ``course READER`` follows, or ``course WORDS`` once more, by turns; after each
operation both, if ``COURSE_KILLS`` is set. Each call finds the course at the same path. A line of
JSON a case says how that ended; the last line, with what code the call that nobody killed ended.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import json
import os
import pkgutil
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    folder, reader, words = Path(sys.argv[2]), sys.argv[3].split(), sys.argv[5:]
    load()
    root = folder / "course"
    copy(folder / "template", root)
    code, said = called(root, words, lambda number: copy(root, folder / f"at-{number}"))
    root.rename(folder / "ended")
    for number in itertools.count(1):
        killed = folder / f"at-{number}"
        if not killed.exists():
            break
        notes = [killed / ".course/journal" / name for name in ("plan.json", "done.json")]
        case: dict[str, object] = {"case": number, "planned": any(note.exists() for note in notes)}
        # Each operation in turn meets one of the two, unless all are asked for.
        ways = [("read", reader), ("repeated", words)]
        if os.environ.get("COURSE_KILLS"):
            copy(killed, folder / "other")
        else:
            ways = [ways[number % 2]]
        for (name, after), copied in zip(ways, (killed, folder / "other"), strict=False):
            copied.rename(root)
            case[name] = called(root, after)
            root.rename(folder / f"{name}-{number}")
        print(json.dumps(case), flush=True)
    print(json.dumps({"ended": code, "said": said}), flush=True)


def load() -> None:
    """Import the tool, once for all children."""
    from course import commands

    for module in pkgutil.iter_modules(commands.__path__, "course.commands."):
        importlib.import_module(module.name)
    gc.freeze()


def copy(source: Path, target: Path) -> None:
    """Copy a folder, with its links and times; files that are one file stay one."""
    known: dict[int, str] = {}

    def copied(path: str, to: str) -> None:
        found = os.lstat(path)
        if "objects" in Path(path).parent.parts:
            os.link(path, to)  # Git never writes into an object that is there.
        elif found.st_ino in known:
            os.link(known[found.st_ino], to)
        else:
            shutil.copy2(path, to)
            if found.st_nlink > 1:
                known[found.st_ino] = to

    shutil.copytree(source, target, symlinks=True, copy_function=copied)


def called(
    root: Path, words: Sequence[str], before: Callable[[int], None] = lambda number: None
) -> tuple[int, str]:
    """Call the command line in a child; return its code and output.

    Args:
        root: the root of the course.
        words: what follows ``course``.
        before: is called before each operation on the disk, with its number from 1.
    """
    from course import cli, console, journal
    from course.commands import lock as lock_command
    from course.locks import regenerate

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.chdir(root)
        count = 0

        def operation(name: str) -> None:
            nonlocal count
            count += 1
            before(count)

        journal.before_operation = operation
        # What a loss of power would leave is not asked here, and flushing is most of the time.
        setattr(os, "fsync", lambda descriptor: None)
        # No index of packages is asked: what Poetry would make is said here.
        made = {"steps/02-notes/poetry.lock": b"new\n", "steps/03-stars/poetry.lock": b"new\n"}
        for module in (regenerate, lock_command):
            setattr(module, "relock", lambda *_, **__: made)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(write, 1)
        os.dup2(write, 2)
        console.out.file, console.err.file = sys.stdout, sys.stderr
        code = 0
        try:
            cli.main(list(words))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        sys.stdout.flush()
        os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        output = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), output


if __name__ == "__main__":
    main()
