"""Run as a program: kills a verb of the command line wherever it writes, then reads and repeats.

    python verbs.py SCRIPTS FOLDER READER -- WORDS...

``FOLDER/template`` holds the course as it is before ``course WORDS``. For each operation on the
disk a child does that on a fresh copy and is killed there. Then ``course READER`` follows, or
``course WORDS`` once more, by turns; after each operation both, if ``COURSE_KILLS`` is set. A line
of JSON a case says how that ended.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    folder, reader, words = Path(sys.argv[2]), sys.argv[3].split(), sys.argv[5:]
    number = 0
    while True:
        number += 1
        case: dict[str, object] = {"case": number}
        # Each operation in turn meets one of the two, unless all are asked for.
        ways = [("read", reader), ("repeated", words)]
        for name, after in ways if os.environ.get("COURSE_KILLS") else [ways[number % 2]]:
            root = folder / f"{name}-{number}"
            shutil.copytree(folder / "template", root, symlinks=True)
            code, _ = called(root, words, number)
            case["ended"] = code != 9
            if code != 9:
                shutil.copytree(root, folder / "ended", symlinks=True, dirs_exist_ok=True)
            notes = [root / ".course/journal" / name for name in ("plan.json", "done.json")]
            case["planned"] = any(note.exists() for note in notes)
            case[name] = called(root, after)
        print(json.dumps(case), flush=True)
        if case["ended"]:
            return


def called(root: Path, words: Sequence[str], number: int = 0) -> tuple[int, str]:
    """Call the command line in a child, which dies at its n-th operation; its code and output."""
    from course import cli, console, journal, lock
    from course.commands import lock as lock_command

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.chdir(root)
        count = 0

        def before(name: str) -> None:
            nonlocal count
            count += 1
            if count == number:
                os._exit(9)

        journal.before_operation = before
        # No index of packages is asked: what Poetry would make is said here.
        made = {"steps/02-notes/poetry.lock": b"new\n", "steps/03-stars/poetry.lock": b"new\n"}
        for module in (lock, lock_command):
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
