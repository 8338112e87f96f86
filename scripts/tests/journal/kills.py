"""Run as a program: kills a piece of work at each of its operations on the disk, then recovers.

    python kills.py SCRIPTS WORK FOLDER

``WORK`` is a function ``module:name`` that takes a course's root and changes its working copy;
``FOLDER`` holds the course as it is before, in ``template``. For each operation a child does the
work on a fresh copy and is killed there; then a second child recovers, and is itself killed at
each of its operations for some of the copies. What is left is printed as a line of JSON a case.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    from course import journal
    from course.repository import Repository

    module, _, name = sys.argv[2].partition(":")
    work = getattr(importlib.import_module(module), name)
    folder = Path(sys.argv[3])

    def recover(root: Path) -> None:
        journal.recover(Repository(root))

    number = 0
    while True:
        number += 1
        root = folder / f"case-{number}"
        shutil.copytree(folder / "template", root, symlinks=True)
        ended, operation = killed_at(number, work, root)
        if not ended and number % 7 == 0:
            # Killed again while it recovers, at each operation of that in turn.
            again = 0
            while not killed_at(again := again + 1, recover, root)[0]:
                pass
        said = journal.recover(Repository(root))
        print(json.dumps({"case": number, "operation": operation, "said": said}), flush=True)
        if ended:
            return


def killed_at(number: int, work: Callable[[Path], None], root: Path) -> tuple[bool, str]:
    """Do some work in a child that dies at its n-th operation; whether it came to its end."""
    from course import journal

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        count = 0

        def before(name: str) -> None:
            nonlocal count
            count += 1
            if count == number:
                os.write(write, name.encode())
                os._exit(9)

        journal.before_operation = before
        work(root)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        operation = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 9), f"case {number} failed by itself"
    return os.waitstatus_to_exitcode(status) == 0, operation


if __name__ == "__main__":
    main()
