"""``course stop``: end what is served from this checkout, from whatever terminal."""

from __future__ import annotations

import click

from course import console, services
from course.repository import Repository
from course.serve import registry


@click.command()
def stop() -> None:
    """End what `start`, `run`, `docs serve` and `services` have running from this checkout.

    It ends what a killed one has left as well. What runs from another checkout goes on.
    """
    repository = Repository.find()
    ended = registry.stop(repository)
    state = repository.state / "services"
    ended += [f"{name} (a service)" for name in services.down(services.NAMES, state=state)]
    for what in ended:
        console.out.print(f"ended: {console.escape(what)}")
    if not ended:
        console.note("nothing was running")
