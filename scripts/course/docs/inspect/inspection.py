"""``course docs inspect`` as a whole: which pages, its report and limits, what is remembered.

Every page is opened in a headless Chromium: as wide as a desktop, in the light theme and in the
dark one, and as wide as a phone. Everything that can be opened on it is open. Asked are:

- what the page requests from another host, and the errors in its console;
- what is wider than the window;
- what axe-core finds that is serious or critical (it comes from npm);
- in both widths, by keyboard: whether Tab leads from the first control to the last, whether
  the focus is seen, whether the choice of view and the copy buttons of figures work;
- in one more view, without scripts: whether all code can be read;
- of all pages together: how many code blocks are cut off, at most 5 %;
- in the search: whether the first answer to each term of a list is the page that explains it.

A page without a flaw is remembered by its content, and by that of all it loads: it is not looked at
again until one of them changes. What is searched is no part of it, as nobody searches here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from course import deadline, processes
from course.cache.findings import Kept
from course.docs import chromium
from course.docs.folder_server import serving
from course.docs.inspect.flaws import Flaw
from course.docs.inspect.views import LOADS, VIEWS, View
from course.docs.pictures import fingerprints
from course.errors import CourseError
from course.install import npm
from course.repository import Repository

AXE = "axe-core"
SEARCH = "search/search_index.json"
# What looks, and what serves it the site: no other module of the tool counts.
_CODE = (
    "inspect/inspection.py",
    "inspect/visits.py",
    "inspect/flaws.py",
    "inspect/views.py",
    "inspect/inspection.js",
    "inspect/search_check.py",
    "chromium.py",
    "folder_server.py",
    "pictures/fingerprints.py",
)
# How many of a hundred code blocks may be cut off in the view that measures them.
MOST_CLIPPED = 5
_REDIRECT = re.compile(r"<meta http-equiv=.?refresh", re.IGNORECASE)
# Stands for the server while a page's key is found out; nothing is asked of it.
_NOWHERE = "http://site/"


@dataclass(frozen=True)
class NotRun:
    """A part of the inspection that this machine cannot do, and what makes it able to."""

    what: str
    why: str
    remedy: str


@dataclass
class Report:
    """What the inspection found.

    Attributes:
        pages: how many pages were looked at, or are known from before.
        remembered: how many of them were not looked at again.
        flaws: what is wrong, and in which views.
        not_run: what was not looked at.
        blocks: by page, how many of its code blocks are cut off, and how many it has.
        terms: how many terms were looked up in the search, or are known from before.
    """

    pages: int = 0
    remembered: int = 0
    flaws: dict[Flaw, list[View]] = field(default_factory=dict)
    not_run: list[NotRun] = field(default_factory=list)
    blocks: dict[str, tuple[int, int]] = field(default_factory=dict)
    terms: int = 0

    @property
    def clipped(self) -> tuple[int, int]:
        """How many code blocks are cut off, and how many there are, on all pages."""
        return sum(cut for cut, _ in self.blocks.values()), sum(n for _, n in self.blocks.values())

    def count(self, page: str, cut: int, blocks: int) -> None:
        """Take in how many code blocks of a page are cut off, and how many it has."""
        self.blocks[page] = (cut, blocks)

    def note(self, flaw: Flaw, view: View) -> None:
        """Take in a flaw, as it is seen in a view."""
        views = self.flaws.setdefault(flaw, [])
        if view not in views:
            views.append(view)
            views.sort(key=VIEWS.index)

    def lines(self) -> list[str]:
        """Return a line for each fault: page, views, rule, element, problem, remedy."""
        return [
            f"{flaw.page} ({', '.join(map(str, views))}): {flaw.rule}:"
            f" {flaw.selector or 'the page'}: {flaw.problem} → {flaw.remedy}"
            for flaw, views in sorted(self.flaws.items())
        ]


def inspect(
    repository: Repository, folder: Path, only: Sequence[str] = (), *, fresh: bool = False
) -> Report:
    """Look at the pages of a built site.

    Args:
        repository: the course; axe-core is installed at its root.
        folder: the site.
        only: pages, from the site's root; none means all.
        fresh: whether pages that are known from before are looked at too.

    Raises:
        CourseError: when there is no site, no such page, or the browser does not start.
    """
    found = pages(folder)
    if not found:
        raise CourseError(f"there is no site in {folder}.", "course docs build")
    for name in only:
        if name not in found:
            raise CourseError(f"the site has no page {name}.", "Name it as in the folder site/.")
    report = Report()
    program = chromium.find()
    if not program:
        report.not_run.append(
            NotRun(
                "every check of a page in a browser",
                "no Chromium is installed, or none is on the PATH.",
                "playwright install chromium",
            )
        )
        return report
    axe = ""
    try:
        axe = (npm.package(repository, AXE) / "axe.min.js").read_text(encoding="utf-8")
    except npm.Unavailable as error:
        report.not_run.append(NotRun("axe-core, on every page", error.problem, error.remedy))
    wanted = [name for name in found if not only or name in only]
    memory = _Memory(repository, folder, f"{_version(program)}\0{axe}")
    known = {name: Kept(partial(memory.path, name), fresh=fresh) for name in wanted}
    seen = {name: page for name, kept in known.items() if (page := kept.get()) is not None}
    unknown = [name for name in wanted if name not in seen]
    report.blocks |= {name: (page["cut"], page["blocks"]) for name, page in seen.items()}
    left = _look(program, folder, unknown, axe, report) if unknown else set()
    bad = {flaw.page for flaw in report.flaws} | left
    for name in unknown:
        if axe and name not in bad:
            cut, blocks = report.blocks.get(name, (0, 0))
            known[name].put({"page": name, "cut": cut, "blocks": blocks})
    if left:
        named = f"{', '.join(sorted(left))}, in a browser; the search, and what is cut off"
        report.not_run.append(NotRun(named, f"{deadline.REASON}.", "course docs inspect"))
    elif not only:
        _weigh(report)
        _search(repository, program, folder, report, fresh=fresh)
    report.pages = len(wanted) - len(left)
    report.remembered = len(wanted) - len(unknown)
    return report


def _weigh(report: Report) -> None:
    """Note a flaw if too many of all code blocks are cut off."""
    (view,) = (view for view in VIEWS if view.measured)
    cut, blocks = report.clipped
    if cut * 100 > MOST_CLIPPED * blocks:
        worst = sorted(report.blocks, key=lambda name: -report.blocks[name][0])[:5]
        named = ", ".join(f"{name}: {report.blocks[name][0]}" for name in worst)
        problem = (
            f"{cut} of {blocks} code blocks on all pages are cut off, more than {MOST_CLIPPED} %;"
            f" most on {named}"
        )
        remedy = "Give code the width of the page, or break its lines."
        report.note(Flaw(worst[0], "clipped", "pre", problem, remedy), view)


def _search(
    repository: Repository, program: str, folder: Path, report: Report, *, fresh: bool
) -> None:
    """Look up the terms of the course, unless the search answered all of them before."""
    # The browser's library takes long to load, and is not needed when nothing has changed.
    from course.docs.inspect import search_check

    wanted = search_check.terms(repository.root)
    if not wanted:
        return
    report.terms = len(wanted)
    digest = hashlib.sha256(f"{_code()}\0{_version(program)}\0{sorted(wanted.items())}".encode())
    for path in [folder / SEARCH, *sorted(folder.rglob("*.js"))]:
        digest.update(path.read_bytes() if path.is_file() else b"")
    path = repository.results_folder("inspected") / f"search-{digest.hexdigest()[:40]}.json"
    kept = Kept(path, fresh=fresh)
    if kept.get() is not None:
        return
    found = list(search_check.look_up(program, folder, wanted))
    for flaw in found:
        report.note(flaw, VIEWS[0])
    if not found:
        kept.put({"terms": list(wanted)})


def pages(folder: Path) -> list[str]:
    """Return the pages of a site, from its root, without those that only lead on."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.html"))
        if not _REDIRECT.search(path.read_text(encoding="utf-8", errors="replace"))
    ]


def _look(program: str, folder: Path, wanted: Sequence[str], axe: str, report: Report) -> set[str]:
    """Look at pages, and return those for which there was no time."""
    # Loading the browser's library takes longer than everything else when nothing has changed.
    from course.docs.inspect.visits import look

    # The longest first.
    by_size = sorted(wanted, key=lambda name: (folder / name).stat().st_size, reverse=True)
    visits = [(views, name) for views in LOADS for name in by_size]
    with serving(folder, _no_search(folder)) as base:
        return asyncio.run(look(program, base, visits, axe, report.note, report.count))


def _no_search(folder: Path) -> dict[str, bytes]:
    """Return what stands for the index of the search: the same, of no page.

    The theme reads all of it on every page, to be ready; nobody searches here.
    """
    path = folder / SEARCH
    try:
        index = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {SEARCH: json.dumps({**index, "docs": []}).encode()}


def _version(program: str) -> str:
    """Return the version that a browser tells, without what its start-up warns of."""
    done = processes.run([program, "--version"], cwd=Path.cwd(), env=dict(os.environ), timeout=60)
    found = re.search(r"\d+(?:\.\d+)+", done.text)
    return found[0] if found else done.text


@cache
def _code() -> str:
    """Return what identifies the code that inspects."""
    digest = hashlib.sha256(repr(LOADS).encode())
    for name in _CODE:
        digest.update((Path(__file__).parents[1] / name).read_bytes())
    return digest.hexdigest()


class _Memory:
    """Where a page that had no flaw is kept, by all that a look at it depends on: never the time.

    Args:
        repository: the course whose folder of state keeps them.
        folder: the site.
        means: what they are looked at with.
    """

    def __init__(self, repository: Repository, folder: Path, means: str) -> None:
        self._kept = repository.results_folder("inspected")
        self._folder = folder.resolve()
        self._common = hashlib.sha256(f"{_code()}\0{means}".encode())
        # A script may load another one, or a part of itself.
        for path in sorted(self._folder.rglob("*.js")):
            if not path.name.startswith("search_index"):
                self._common.update(f"\0{path.relative_to(self._folder)}\0".encode())
                self._common.update(path.read_bytes())

    def path(self, name: str) -> Path:
        """Return the file for a page as it is now."""
        html = (self._folder / name).read_text(encoding="utf-8", errors="replace")
        digest = self._common.copy()
        digest.update(f"\0{name}\0{html}".encode())
        for asset in sorted(fingerprints.assets(html, _NOWHERE + name, self._read).items()):
            digest.update(f"\0{asset[0]}\0{asset[1]}".encode())
        return self._kept / f"{digest.hexdigest()[:40]}.json"

    def _read(self, address: str) -> bytes:
        path = self._folder / unquote(urlsplit(address).path.lstrip("/"))
        try:
            return path.read_bytes()
        except OSError as error:
            raise CourseError(f"{path}: {error.strerror}") from None
