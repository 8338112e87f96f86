"""Builds the site, and passes it through every gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from course.docs import built, consoles, mistakes, pages, work
from course.docs.build import build
from course.docs.consoles import Results
from course.docs.gates import (
    addresses,
    differences,
    exercises,
    figures,
    marks,
    pictures,
    quotes,
    sequence,
    structure,
    words,
)
from course.docs.gates.context import Checked
from course.docs.site import Fault, Site
from course.docs.work import Job
from course.verify.plan import cores
from course.workspace import Workspace


@dataclass
class Report:
    """What a check found.

    Attributes:
        pages: how many pages were looked at.
        faults: what must be fixed, by page and line.
        consoles: what became of the console blocks.
        mistakes: what became of the mistakes that pages show.
    """

    pages: int
    faults: list[Fault]
    consoles: Results = field(default_factory=Results)
    mistakes: mistakes.Results = field(default_factory=mistakes.Results)


def check(
    site: Site,
    folder: Path,
    *,
    run_consoles: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Build the site and check it.

    Args:
        site: the course.
        folder: where to build it.
        run_consoles: whether console blocks are run too, and the mistakes of pages made.
        tell: told of what is done, as often as something begins.

    Raises:
        CourseError: when it cannot be built at all.
    """
    tell("building the site …")
    faults = build(site, folder, strict=False)
    tell("reading the pages …")
    checked = read(site, folder)
    for gate in (
        structure.check,
        differences.check,
        sequence.check,
        marks.check,
        exercises.check,
        words.check,
        pictures.check,
        figures.check,
        quotes.check,
        addresses.links,
        addresses.hosts,
    ):
        tell(f"checking {len(checked.pages)} pages: {gate.__module__.rsplit('.', 1)[-1]} …")
        faults += gate(checked)
    results, made = run(checked, tell=tell) if run_consoles else (Results(), mistakes.Results())
    faults = [*faults, *results.faults, *made.faults, *made.untrue]
    found = sorted({*faults}, key=lambda f: (f.place, f.line, f.problem))
    return Report(len(checked.pages), found, results, made)


def run(
    checked: Checked, workers: int | None = None, tell: Callable[[str], None] = lambda _: None
) -> tuple[Results, mistakes.Results]:
    """Run the console blocks of all pages, and make their mistakes, several pages at a time.

    Args:
        checked: the pages.
        workers: how many at a time; as many as there are processors, unless given.
        tell: told of each block and of each mistake as it begins.
    """
    results, made = Results(), mistakes.Results()
    with Workspace() as space:
        # In one queue, so that no processor waits for the last of one kind.
        jobs: list[Job[Results | mistakes.Results]] = []
        jobs += consoles.jobs(checked, space, tell)
        jobs += mistakes.jobs(checked, space, tell)
        for part in work.done(jobs, workers or cores()):
            if isinstance(part, Results):
                results.add(part)
            else:
                made.add(part)
    return results, made


def read(site: Site, folder: Path) -> Checked:
    """Return the pages of a site that was built, with their sources."""
    sources = {page.uri: page for page in pages.every(site.chain.repository.root)}
    found = {}
    for uri, page in sources.items():
        target = folder / addresses.target_of(page)
        if target.is_file():
            # Bytes are decoded as they are: no line ending may be changed on the way.
            found[uri] = built.read(target.read_bytes().decode("utf-8"))
    return Checked(site, sources, found, folder)
