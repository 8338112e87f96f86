"""``course docs check`` as a whole: builds the site, then gates, console blocks and mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from course.cache import run_once
from course.cache.findings import Known, stamp
from course.docs import built_page, pages, parallel
from course.docs.checked import Checked
from course.docs.consoles import check as consoles
from course.docs.consoles.check import Results
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
from course.docs.pages import Page
from course.docs.parallel import Job
from course.docs.publish.build import build
from course.docs.site import Fault, Site
from course.play import mistake_check
from course.verify.plan import at_once
from course.workspace import Workspace


@dataclass
class Report:
    """What a check found.

    Attributes:
        pages: how many pages were looked at.
        faults: what must be fixed, by page and line.
        consoles: what became of the console blocks.
        mistakes: what became of the mistakes that pages show.
        remembered: whether the site and its pages were known to be true.
    """

    pages: int
    faults: list[Fault]
    consoles: Results = field(default_factory=Results)
    mistakes: mistake_check.Results = field(default_factory=mistake_check.Results)
    remembered: bool = False


def check(
    site: Site,
    folder: Path,
    *,
    run_consoles: bool = True,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Build the site and check it.

    Args:
        site: the course.
        folder: where to build it.
        run_consoles: whether console blocks are run too, and the mistakes of pages made.
        fresh: whether nothing is believed of what is remembered.
        tell: told of what is done, as often as something begins.

    Raises:
        CourseError: when it cannot be built at all.
    """
    known = _Built(site, folder, fresh)
    true = known.true
    checked = Checked(site, _sources(site), {}, folder, fresh)
    results, made, faults = Results(), mistake_check.Results(), list[Fault]()

    def look() -> list[Fault]:
        found = _look(site, folder, tell)
        if not found:
            known.keep()
        return found

    if run_consoles:
        results, made, faults = _run(checked, known, tell, None if true else look)
    elif not true:
        faults = look()
    faults = [*faults, *results.faults, *made.faults, *made.untrue]
    found = sorted({*faults}, key=lambda f: (f.place, f.line, f.problem))
    return Report(len(checked.pages), found, results, made, true)


class _Built:
    """What is known of the built site, and of the mistakes of its pages.

    The site holds only while it is as it was built; and of the pages git may ignore some.

    Args:
        site: the course.
        folder: where it is built.
        fresh: whether nothing is believed.
    """

    def __init__(self, site: Site, folder: Path, fresh: bool) -> None:
        self._folder = folder
        self._docs = site.chain.repository.root / pages.DOCS
        self._site = Known(site.chain, "site", __name__, parts=str(folder), fresh=fresh)
        code = mistake_check.__name__
        self._mistakes = Known(site.chain, "mistakes", code, fresh=fresh)
        self.true = (self._site.get() or {}).get("stamp") == self._stamp()

    def keep(self) -> None:
        """Remember that every page is true."""
        self._site.put({"stamp": self._stamp()})

    def _stamp(self) -> str:
        built = stamp(self._folder)
        return built and run_once.digest(built, stamp(self._docs))

    @property
    def made(self) -> mistake_check.Results | None:
        """What became of the mistakes, if each was true, and nothing changed since."""
        count = (self._mistakes.get() or {}).get("made")
        if not isinstance(count, int):
            return None
        return mistake_check.Results(made=count, remembered=count)

    def keep_made(self, made: mistake_check.Results) -> None:
        """Remember that every mistake is answered as its page says."""
        if not (made.faults or made.untrue or made.not_run):
            self._mistakes.put({"made": made.made})


def _run(
    checked: Checked,
    known: _Built,
    tell: Callable[[str], None],
    look: Callable[[], list[Fault]] | None,
) -> tuple[Results, mistake_check.Results, list[Fault]]:
    """Run the blocks, and make the mistakes that are not known; meanwhile, look at the pages."""
    made = known.made
    if made is not None:
        results, _, faults = run(checked, tell=tell, with_mistakes=False, look=look)
        return results, made, faults
    results, made, faults = run(checked, tell=tell, look=look)
    known.keep_made(made)
    return results, made, faults


def _look(site: Site, folder: Path, tell: Callable[[str], None]) -> list[Fault]:
    """Build the site and pass it through every gate."""
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
    return faults


def run(
    checked: Checked,
    workers: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
    *,
    with_mistakes: bool = True,
    look: Callable[[], list[Fault]] | None = None,
) -> tuple[Results, mistake_check.Results, list[Fault]]:
    """Run the console blocks of all pages, and make their mistakes, several pages at a time.

    Args:
        checked: the pages.
        workers: how many at a time; `at_once`, unless given.
        tell: told of each block and of each mistake as it begins.
        with_mistakes: whether mistakes are made as well.
        look: looks at the built pages, and returns what is wrong with them.

    Returns:
        What became of the blocks and of the mistakes, and what `look` returned.
    """
    results, made, faults = Results(), mistake_check.Results(), list[Fault]()
    with Workspace() as space:
        # In one queue, so that no processor waits for the last of one kind.
        jobs: list[Job[Results | mistake_check.Results | list[Fault]]] = []
        # It is one piece, and keeps one processor busy: it begins first.
        jobs += [Job(math.inf, look)] if look else []
        jobs += consoles.jobs(checked, space, tell)
        jobs += mistake_check.jobs(checked, space, tell) if with_mistakes else []
        for part in parallel.done(jobs, workers or at_once()):
            if isinstance(part, Results):
                results.add(part)
            elif isinstance(part, mistake_check.Results):
                made.add(part)
            else:
                faults += part
    return results, made, faults


def _sources(site: Site) -> dict[str, Page]:
    return {page.uri: page for page in pages.every(site.chain.repository.root)}


def read(site: Site, folder: Path) -> Checked:
    """Return the pages of a site that was built, with their sources."""
    sources = _sources(site)
    found = {}
    for uri, page in sources.items():
        target = folder / addresses.target_of(page)
        if target.is_file():
            # Bytes are decoded as they are: no line ending may be changed on the way.
            found[uri] = built_page.read(target.read_bytes().decode("utf-8"))
    return Checked(site, sources, found, folder)
