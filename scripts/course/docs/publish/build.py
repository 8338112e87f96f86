"""Builds the site with MkDocs: its configuration and address, which warnings are faults."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

# Material prints an advertisement for its successor unless this is set before it is imported.
os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")

from mkdocs.commands.build import build as mkdocs_build  # noqa: E402
from mkdocs.config import load_config  # noqa: E402
from mkdocs.config.defaults import MkDocsConfig  # noqa: E402
from mkdocs.exceptions import MkDocsException  # noqa: E402

from course.docs import navigation, pages, site as sites  # noqa: E402
from course.docs.publish import archives, redirects  # noqa: E402
from course.docs.site import Fault, Site  # noqa: E402
from course.errors import CourseError  # noqa: E402
from course.repository import write_if_changed  # noqa: E402

SITE = "site"
# The address at which the site is published; mkdocs.yml takes its `site_url` from it.
ADDRESS = "COURSE_SITE_URL"
_DOC_FILE = re.compile(r"[Dd]oc file '(?P<uri>[^']+)' (?P<problem>.*)", re.DOTALL)


def configuration(site: Site, folder: Path) -> MkDocsConfig:
    """Read ``mkdocs.yml``, with the navigation as the catalogue gives it now.

    Raises:
        CourseError: when MkDocs cannot use it, or the address of the site is none.
    """
    address = os.environ.get(ADDRESS, "")
    if address and not _is_address(address):
        raise CourseError(
            f"{ADDRESS} is {address!r}, which is no address of a site.",
            f"Set it to the whole address, as in https://example.org/course/; or: unset {ADDRESS}",
        )
    root = site.chain.repository.root
    path = root / navigation.CONFIGURATION
    for file in sorted((root / pages.DOCS).rglob("*")):
        pages.require_address(file.relative_to(root / pages.DOCS).as_posix())
    if not path.is_file():
        raise CourseError(f"there is no {path.name} in {root}.", f"git checkout -- {path.name}")
    try:
        with working_in(root):
            return load_config(
                config_file=str(path), site_dir=str(folder), nav=navigation.entries(site.chain)
            )
    except MkDocsException as error:
        raise CourseError(f"{path.name}: {error}", "Fix that setting.") from None


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 1) > 0
            and not (parts.query or parts.fragment)
            and not re.search(r"\s", address)
        )
    except ValueError:
        return False


def build(site: Site, folder: Path, *, strict: bool = False) -> list[Fault]:
    """Build the site.

    Args:
        site: the course.
        folder: where to; what is there goes.
        strict: whether what MkDocs warns of is a fault.

    Returns:
        What is wrong with the pages. The site is there all the same, with the faults in it.

    Raises:
        CourseError: when MkDocs cannot build it at all.
    """
    config = configuration(site, folder)
    sites.use(site)
    site.memory.deferring = True
    try:
        with working_in(site.chain.repository.root), collected_warnings() as warned:
            try:
                config.plugins.on_startup(command="build", dirty=False)
                run_mkdocs(config)
            except (MkDocsException, SystemExit) as error:
                said = "; ".join(warned) or str(error)
                raise CourseError(f"MkDocs cannot build the site: {said}") from None
            finally:
                config.plugins.on_shutdown()
        if not config.site_url:
            # Without an address MkDocs writes one that names no page.
            for name in ("sitemap.xml", "sitemap.xml.gz"):
                (folder / name).unlink(missing_ok=True)
        settle(site, folder, [page.uri for page in pages.every(site.chain.repository.root)])
        finish(site, folder)
    finally:
        site.memory.deferring = False
        sites.forget(site.chain.repository.root)
    site.memory.sweep()
    faults = [fault for found in site.faults.values() for fault in found]
    return faults + ([_fault(message) for message in warned] if strict else [])


def run_mkdocs(config: MkDocsConfig, *, serve_url: str = "", dirty: bool = False) -> None:
    """Let MkDocs build what it is told to."""
    mkdocs_build(config, serve_url=serve_url or None, dirty=dirty)


def settle(site: Site, folder: Path, uris: Iterable[str]) -> None:
    """Put the figures of some pages in their place; see `course.docs.rendered_cache`."""
    site.memory.make_waiting()
    for uri in uris:
        built = folder / f"{uri.removesuffix('.md')}.html"
        if built.is_file():
            html = built.read_bytes().decode("utf-8")
            write_if_changed(built, site.memory.settle(html).encode("utf-8"))


def finish(site: Site, folder: Path) -> None:
    """Write what belongs to the site and is no page: zips, and pages that moved."""
    archives.write(site, folder)
    redirects.write(site.chain.repository.root, folder)


def _fault(message: str) -> Fault:
    match = _DOC_FILE.search(message)
    if match:
        return Fault(f"{pages.DOCS}/{match['uri']}", 0, match["problem"])
    return Fault(navigation.CONFIGURATION, 0, message)


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect what MkDocs warns of, instead of having it printed."""
    logger = logging.getLogger("mkdocs")
    collector = _Collector()
    before = logger.propagate, logger.level
    logger.addHandler(collector)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield collector.messages
    finally:
        logger.removeHandler(collector)
        logger.propagate = before[0]
        logger.setLevel(before[1])


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder for a while: MkDocs resolves some settings against it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
