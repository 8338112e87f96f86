"""Started by Python itself inside a snapshot under proof: notes every file opened outside of it.

``COURSE_AUDIT`` holds, one a line: the file to write to, the snapshot's folder, the environment
whose programs are not watched (the tool's own), then the folders that are out of bounds, and with
``!`` before them the folders inside those that are allowed. Python's audit events (PEP 578) see
what the program opens, whatever library does it.
"""

import os
import sys

_EVENTS = {
    "open",
    "os.listdir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.scandir",
    "sqlite3.connect",
}


def _watch() -> None:
    lines = os.environ.get("COURSE_AUDIT", "").split("\n")
    if len(lines) < 4 or lines[2] == sys.prefix:
        return
    report, inside, rest = lines[0], lines[1], lines[3:]
    forbidden = tuple(line for line in rest if not line.startswith("!"))
    allowed = (report, *(line[1:] for line in rest if line.startswith("!")))
    seen: set[str] = set()

    def below(path: str, folders: tuple[str, ...]) -> bool:
        return any(path == folder or path.startswith(folder + os.sep) for folder in folders)

    def note(name: object) -> None:
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        if not isinstance(name, str):
            return
        if name.startswith("file:"):
            # SQLite's own form of an address.
            name = name.removeprefix("file:").partition("?")[0]
        path = os.path.abspath(name)
        if path in seen:
            return
        seen.add(path)
        if below(path, (inside,)):
            # A symbolic link may lead out of the snapshot.
            path = os.path.realpath(path)
            if below(path, (inside,)):
                return
        if below(path, allowed) or not below(path, forbidden):
            return
        file = os.open(report, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, os.fsencode(path) + b"\n")
        finally:
            os.close(file)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _EVENTS and arguments:
            try:
                note(arguments[0])
            except (OSError, ValueError):
                # The program's own call says what is wrong with such a name, or with the folder
                # that it is in.
                pass

    sys.addaudithook(hook)


_watch()
