"""``course bundle``: the packages of the course, for a room without a network."""

from __future__ import annotations

from pathlib import Path

import click

from course import console
from course.chain import Chain
from course.install import offline_bundle as bundles
from course.install.offline_bundle import Target
from course.repository import Repository


@click.command()
@click.argument("place", required=False, type=click.Path(path_type=Path), metavar="[FILE|DIR]")
@click.option("--platform", multiple=True, help="For this platform tag; may be repeated.")
@click.option("--python", default="", metavar="VERSION", help="For this Python, such as 3.12.")
@click.option("--unpack", is_flag=True, help="Put the packages of FILE to where they are found.")
def bundle(place: Path | None, platform: tuple[str, ...], python: str, unpack: bool) -> None:
    """Fetch the packages of all steps and of the tool, for a room without a network.

    They go into DIR (default: .course/bundle), or into FILE where its name ends in .zip.
    Setting up, `course play` and all else that installs take them from .course/bundle, or from the
    folder that the variable COURSE_BUNDLE names, before they ask the network. What is there already
    is not fetched again.
    """
    repository = Repository.find()
    own = repository.root / bundles.FOLDER
    if unpack:
        if place is None:
            raise click.UsageError("--unpack needs the FILE.")
        count = bundles.unpack(place, own)
        console.out.print(console.escape(f"{count} packages of {place} are in {own}"))
        return
    zipped = place is not None and place.suffix == ".zip"
    folder = own if place is None or zipped else place
    count, fetched = bundles.make(Chain(repository), folder, Target(platform, python), console.note)
    if place is not None and zipped:
        bundles.pack(folder, place)
        folder = place
    console.out.print(console.escape(f"{count} packages are in {folder}, {fetched} of them new"))
