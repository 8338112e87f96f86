"""``course docs screenshots``: find the pictures that are stale, and take them again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser

from course import deadline
from course.cache import code_version, run_once
from course.cache.findings import Kept, Known, stamp
from course.chain import Link
from course.docs import chromium
from course.docs.folder_server import serving
from course.docs.pictures import browser, catalogue as pictures, fingerprints
from course.docs.pictures.catalogue import Picture
from course.docs.pictures.fingerprints import NeedsBrowser, Visitor
from course.docs.pictures.step_server import served
from course.docs.publish.build import build
from course.docs.site import Site
from course.errors import CourseError
from course.install import environments
from course.repository import Repository
from course.services import private_servers
from course.services.private_servers import Missing
from course.workspace import Workspace

_NO_BROWSER = "it needs a browser, and there is none"


@dataclass
class Outcome:
    """What became of the pictures, each by its name.

    Attributes:
        fresh: those that show what is so.
        stale: those that do not.
        taken: those that were taken again.
        remembered: how many of the fresh ones were known to be so.
        unchecked: those that nothing could be found out about here, with the reasons.
    """

    fresh: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    remembered: int = 0

    @property
    def looked_at(self) -> list[str]:
        """Those that are now as they should be."""
        return [*self.fresh, *self.taken]


def new_folder(repository: Repository) -> Path:
    """Return where a check puts the pictures that would replace stale ones."""
    return repository.state / "pictures-new"


def update(
    site: Site,
    links: Sequence[Link],
    *,
    check: bool,
    force: bool = False,
    fresh: bool = False,
) -> Outcome:
    """Look at the pictures of some steps, or all, and take again what is stale.

    Args:
        site: the course.
        links: the steps; none means all, and the pictures of the site.
        check: whether new pictures go to a folder of their own, instead of replacing the old.
        force: whether fresh ones are taken again too.
        fresh: whether a check believes nothing of what is remembered, but serves every step.

    Raises:
        CourseError: when a snapshot does not run, or a picture cannot be taken.
    """
    root = site.chain.repository.root
    listed = pictures.read(root)
    grouped = pictures.by_step(site.chain, listed)
    outcome = Outcome()
    of_site = [picture for picture in listed if picture.page and not links]
    program = chromium.find() if listed else ""
    seen_by = program and stamp(Path(program))
    means = run_once.digest(run_once.machine(), code_version.version(__name__), seen_by)
    found: dict[str, str] = {}
    with Workspace() as workspace, ExitStack() as stack:
        session = _Session(program, stack, root)

        def look(base: str, wanted: Sequence[Picture]) -> None:
            for picture in wanted:
                target = picture.file(root)
                if check:
                    target = new_folder(site.chain.repository) / target.name
                _one(picture, base, root, target, session, outcome, found, force)

        for link, wanted in grouped:
            if links and link not in links:
                continue
            server = (means, _of_step(site, link))
            path = partial(_known_path, site, server, wanted)
            known = Kept(path, fresh=not run_once.believes(fresh or not check))
            if _recalled(known, wanted, outcome) or _too_late(wanted, outcome):
                continue
            try:
                with served(site, link, workspace) as base:
                    look(base, wanted)
            except Missing as error:
                outcome.unchecked |= {picture.name: error.problem for picture in wanted}
            _keep(known, wanted, outcome)
        if of_site:
            # After those of the steps, which the pages of the site show.
            known = Known(site.chain, "pictures", __name__, parts=seen_by, fresh=fresh or not check)
            if not (_recalled(known, of_site, outcome) or _too_late(of_site, outcome)):
                folder = workspace.new("site")
                build(site, folder)
                with serving(folder) as base:
                    look(base.rstrip("/"), of_site)
                _keep(known, of_site, outcome)
    if not check:
        files = ((name, root / pictures.FOLDER / f"{name}.png") for name in outcome.looked_at)
        taken = {name: pictures.sum_of(file.read_bytes()) for name, file in files if file.is_file()}
        pictures.keep(root, found, taken, listed)
    return outcome


def _of_step(site: Site, link: Link) -> object:
    """Return what a server of a step depends on."""
    step = link.step
    return (
        site.chain.tree_of(link),
        step.commands,
        step.settings,
        private_servers.identity(step.services, site.chain.course.told),
        environments.base_python(),
    )


def _known_path(site: Site, server: object, wanted: Sequence[Picture]) -> Path | None:
    """Return the file that says that all pictures of one server show what is so.

    Args:
        site: the course.
        server: what the server, and looking at it, depend on.
        wanted: the pictures.
    """
    repository = site.chain.repository
    root = repository.root
    prints, sums = pictures.known(root), pictures.sums(root)
    try:
        shown = [
            (
                pictures.definition(picture),
                prints.get(picture.name),
                sums.get(picture.name),
                pictures.sum_of(picture.file(root).read_bytes()),
                [pictures.uploaded(root, act) for act in picture.action if act.upload],
            )
            for picture in wanted
        ]
    except (OSError, CourseError):
        # A picture, or what it uploads, is missing.
        return None
    return repository.results_folder("known") / f"picture-{run_once.digest(server, shown)}.json"


def _recalled(known: Kept, wanted: Sequence[Picture], outcome: Outcome) -> bool:
    """Whether pictures are known to show what is so; then the outcome says it."""
    if known.get() is None:
        return False
    outcome.fresh += [picture.name for picture in wanted]
    outcome.remembered += len(wanted)
    return True


def _too_late(wanted: Sequence[Picture], outcome: Outcome) -> bool:
    """Whether the run has to come to its end; then the outcome names the pictures."""
    if not deadline.missed(deadline.LAST):
        return False
    outcome.unchecked |= {picture.name: deadline.REASON for picture in wanted}
    return True


def _keep(known: Kept, wanted: Sequence[Picture], outcome: Outcome) -> None:
    """Remember pictures, if all of them came out as showing what is so."""
    names = [picture.name for picture in wanted]
    if {*names} <= {*outcome.fresh}:
        known.put({"pictures": names})


class _Session:
    """A browser that is opened when it is first needed."""

    def __init__(self, program: str, stack: ExitStack, root: Path) -> None:
        self.program = program
        self._root = root
        self._stack = stack
        self._browser: Browser | None = None

    def take(self, picture: Picture, base: str, target: Path) -> str:
        """Take a picture; return the page's HTML."""
        if self._browser is None:
            self._browser = self._stack.enter_context(chromium.opened(self.program))
        return browser.take(self._browser, picture, base, self._root, target)


def _one(
    picture: Picture,
    base: str,
    root: Path,
    target: Path,
    session: _Session,
    outcome: Outcome,
    found: dict[str, str],
    force: bool,
) -> None:
    known = pictures.known(root).get(picture.name)
    old = picture.file(root).read_bytes() if picture.file(root).is_file() else None
    # What is under its name may be the picture of something else.
    own = old is not None and pictures.sums(root).get(picture.name) == pictures.sum_of(old)
    now: str | None
    try:
        now = fingerprints.of_picture(picture, base, root)
    except NeedsBrowser:
        if not session.program:
            if own or old is None:
                outcome.unchecked[picture.name] = _NO_BROWSER
            else:
                outcome.stale.append(picture.name)
            return
        now = None
    if own and known == now and now is not None and not force:
        outcome.fresh.append(picture.name)
        return
    if session.program:
        html = session.take(picture, base, target)
        if now is None:
            fetch = Visitor(base, root).fetch
            now = fingerprints.of_page(picture, html, base + picture.address, fetch)
        found[picture.name] = now
        # A page may differ where the picture shows nothing of it: the same picture is true.
        same = (own and known == now) or (known is not None and target.read_bytes() == old)
        if old is not None and same and not force:
            if target == picture.file(root):
                target.write_bytes(old)
            else:
                target.unlink()
            outcome.fresh.append(picture.name)
            return
        outcome.taken.append(picture.name)
    outcome.stale.append(picture.name)
