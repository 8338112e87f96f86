"""What the commands of a check printed, kept with its result.

A page that shows a command which `course verify` ran need not run it once more: its output was kept
raw, as a run without a terminal prints it, by the same key as the result of the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from course.catalogue import Command

# Among the facts of a check.
PRINTED = "printed"
# Stands for the folder of the copy, wherever the output names it.
FOLDER = "\0folder\0"
# Stands before what a command printed in a copy in which some tests are missing: they run apart.
PART = "\0part\0"


def record(
    command: Command,
    log: Path,
    start: int,
    folder: Path,
    results: Path | None = None,
    partly: bool = False,
) -> dict[str, str]:
    """Return what a command printed, for the facts of its check.

    Args:
        command: the command, as the catalogue has it.
        log: its log.
        start: where in the log its part begins, with the line that names it.
        folder: the copy that it ran in.
        results: the file it was asked to write beside what it prints: a line that names this
            file is there because of that, and is left out.
        partly: whether it ran where some of the tests are missing.
    """
    with log.open("rb") as file:
        file.seek(start)
        file.readline()
        said = file.read().decode("utf-8", "surrogateescape")
    if results is not None:
        lines = said.split("\n")
        said = "\n".join(line for line in lines if str(results) not in line)
    said = PART * partly + said.replace(str(folder), FOLDER)
    return {"command": command.plain, "output": said}


def unknown(command: Command) -> dict[str, str]:
    """Return what says that a command passed, though not in what it printed on all the files."""
    return {"command": command.plain}


def of_facts(facts: Mapping[str, object]) -> dict[str, str | None]:
    """Return the output by command that the facts of a check hold; None where it is unknown."""
    found: dict[str, str | None] = {}
    entries = facts.get(PRINTED)
    for entry in entries if isinstance(entries, list) else ():
        command, output = entry["command"], entry.get("output")
        # Two runs of one command may differ, and nobody knows which a reader would see.
        found[command] = output if found.get(command, output) == output else None
    return found
