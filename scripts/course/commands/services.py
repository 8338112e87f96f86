"""``course services``: real backing services on a machine without Docker."""

from __future__ import annotations

import click

from course import console
from course import services as backing
from course.repository import Repository


@click.group()
def services() -> None:
    """Start and end real Postgres, a Redis-protocol server and a mail catcher, without Docker."""


_NAMES = click.Choice(backing.NAMES)


@services.command()
@click.argument("names", nargs=-1, type=_NAMES)
def up(names: tuple[str, ...]) -> None:
    """Start services (all that this machine can run, if none is named)."""
    chosen = names
    if not chosen:
        reasons = {name: backing.unavailable(name) for name in backing.NAMES}
        for name, reason in reasons.items():
            if reason:
                console.warn(f"{name} cannot run here: {reason}")
        chosen = tuple(name for name in backing.NAMES if not reasons[name])
    with console.spinner(f"starting {', '.join(chosen)} …"):
        running = backing.up(chosen, state=Repository.find().state_folder("services"))
    _show(running)


@services.command()
@click.argument("names", nargs=-1, type=_NAMES)
def down(names: tuple[str, ...]) -> None:
    """End services (all that run, if none is named)."""
    state = Repository.find().state_folder("services")
    ended = backing.down(names or backing.NAMES, state=state)
    console.note(f"ended: {', '.join(ended)}" if ended else "nothing was running")


@services.command()
def status() -> None:
    """Show which services run, and where."""
    running = backing.status(state=Repository.find().state_folder("services"))
    if running:
        _show(running)
    else:
        console.note("nothing is running\n  → course services up")


def _show(running: list[backing.Running]) -> None:
    table = console.plain_table("service", "address", "process", "log")
    for service in running:
        addresses = [service.url, *service.urls.values()]
        for position, address in enumerate(addresses):
            first = position == 0
            table.add_row(
                service.name if first else "",
                console.escape(address),
                str(service.pid) if first else "",
                console.escape(str(service.log)) if first else "",
            )
    console.out.print(table)
