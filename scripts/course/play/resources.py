"""The learner's own backing services, for the playground."""

from __future__ import annotations

from collections.abc import Sequence

from course import console, services
from course.chain import Chain
from course.services import rooms
from course.services.rooms import Room


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
    rooms.require(names, chain.course.told)
    room = Room()
    for running in services.up(names, state=chain.repository.state_folder("services")):
        url = f"{running.url}/0" if running.name == "redis" else running.url
        if running.name == "postgres":
            url = rooms.keep_database(running, database, room)
        told = chain.course.told[running.name]
        room.variables |= rooms.filled(told, rooms.values(running, url))
    for variable, value in room.variables.items():
        console.note(f"  {variable}={value}")
    console.note("  They go on running; `course services down` ends them.")
    return room
