"""The playground's database in ``course services``, and its address in the learner's files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from course import console, services
from course.chain import Chain
from course.services import private_servers
from course.services.private_servers import Room


def learners_room(chain: Chain, names: Sequence[str], database: str) -> Room:
    """Return a database for the playground in the learner's own services, and print where they are.

    They are those of ``course services``, started if need be, and go on running.

    Args:
        chain: the chain.
        names: the services.
        database: what the database is called.

    Raises:
        CourseError: when one is missing on this machine, or does not start.
    """
    private_servers.require(names, chain.course.told)
    room = Room()
    for running in services.up(names, state=chain.repository.state_folder("services")):
        told = chain.course.told[running.name]
        found = private_servers.values(running)
        if running.name == "postgres":
            found = private_servers.values(
                running, private_servers.keep_database(running, database, room)
            )
        elif running.name == "redis":
            found |= private_servers.numbered(running, range(private_servers.numbers_told(told)))
        room.variables |= private_servers.filled(told, found)
    for variable, value in room.variables.items():
        console.note(f"  {variable}={value}")
    console.note("  They go on running; `course services down` ends them.")
    return room


def _with(value: str, match: re.Match[bytes]) -> bytes:
    return match[1] + value.encode()


def set_variables(paths: Iterable[Path], variables: Mapping[str, str]) -> None:
    """Set variables to other values in the files that name them, as in ``NAME=value``.

    A file that names none of them stays as it is, and so does all else in one that does.

    Args:
        paths: the files; what is no file, or not text, is passed over.
        variables: the values by name.
    """
    for path in paths:
        if path.is_symlink() or not path.is_file():
            continue
        before = path.read_bytes()
        after = before
        for name, value in variables.items():
            line = re.compile(rb"(?m)^(%b=)[^\r\n]*" % re.escape(name).encode())
            after = line.sub(partial(_with, value), after)
        if after != before:
            path.write_bytes(after)
