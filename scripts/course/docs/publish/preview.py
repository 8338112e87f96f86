"""``course docs serve``: its port, and which pages are built again after which edit.

The first build is a whole one. After that only those pages are built again whose own text, or whose
steps, have changed; everything else (a new page, the catalogue, ``mkdocs.yml``) builds all of it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from course import console
from course.chain import FINAL, STEPS
from course.docs import navigation, pages, site as sites
from course.docs.publish.build import (
    collected_warnings,
    configuration,
    finish,
    run_mkdocs,
    settle,
    working_in,
)
from course.docs.site import Site
from course.errors import CourseError
from course.ports import HOST, SITE_PORTS, held_first
from course.repository import CATALOGUE, Repository

from mkdocs.config.base import Config  # isort: skip
from mkdocs.config.defaults import MkDocsConfig  # isort: skip
from mkdocs.livereload import LiveReloadServer  # isort: skip
from mkdocs.plugins import BasePlugin  # isort: skip
from mkdocs.structure.files import Files  # isort: skip


class _NoOptions(Config):  # type: ignore[no-untyped-call]
    """The settings of a plugin that has none."""


class _OnlyChanged(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """Tells MkDocs which pages to build; without it, a build is a whole one, only slower."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[str] = set()

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        for file in files.documentation_pages():
            modified = file.src_uri in self.changed
            setattr(file, "is_modified", lambda modified=modified: modified)
        return files

    def on_env(self, env: object, *, config: MkDocsConfig, files: Files) -> None:
        # The navigation of a page that is built names the pages that are not.
        for file in files.documentation_pages():
            if file.page is not None and file.page.markdown is None:
                file.page.read_source(config)


class Preview:
    """The site in a folder of its own, kept up to date.

    Args:
        repository: the course.
        folder: where the site is built.
        url: where it will be seen; pages that a build leaves out are then built too.
    """

    def __init__(self, repository: Repository, folder: Path, url: str = "") -> None:
        self.repository = repository
        self.folder = folder
        self.url = url
        self.site = Site.of(repository)
        self._config: MkDocsConfig | None = None
        self._only = _OnlyChanged()
        self._pages: dict[str, str] = {}
        self._frame = ""

    def update(self) -> list[str]:
        """Bring the site up to date; return the pages that were built.

        Raises:
            CourseError: when it cannot be built.
        """
        found = {page.uri: _digest(page.text) for page in pages.every(self.repository.root)}
        frame = self._read_frame()
        whole = self._config is None or frame != self._frame or set(found) != set(self._pages)
        if whole:
            self.site = Site.of(self.repository)
            self._config = configuration(self.site, self.folder)
            if self.url:
                self._config.site_url = self.url
            self._config.plugins["course-preview"] = self._only
            self._config.plugins.on_startup(command="serve", dirty=True)
            changed = set(found)
        else:
            self.site.refresh()
            changed = {uri for uri, digest in found.items() if digest != self._pages.get(uri)}
            changed |= {uri for uri in found if self.site.is_stale(uri)}
        if changed or whole:
            self._build(changed, whole)
        self._pages, self._frame = found, frame
        return sorted(changed)

    def close(self) -> None:
        """Let go of what the builds share."""
        sites.forget(self.repository.root)

    def _build(self, changed: set[str], whole: bool) -> None:
        assert self._config is not None
        self._only.changed = changed
        sites.use(self.site)
        with working_in(self.repository.root), collected_warnings() as warned:
            self.site.memory.deferring = True
            run_mkdocs(self._config, serve_url=self.url, dirty=not whole)
        settle(self.site, self.folder, changed)
        finish(self.site, self.folder)
        for message in warned:
            if "'dirty' build" not in message:
                console.warn(message)
        for uri in changed:
            for fault in self.site.faults.get(uri, []):
                console.fail(str(fault))

    def _read_frame(self) -> str:
        """Return what a change of which concerns every page."""
        root = self.repository.root
        digest = hashlib.sha256()
        files = [root / navigation.CONFIGURATION, root / CATALOGUE, root / ".gitattributes"]
        others = (path for path in (root / pages.DOCS).rglob("*") if path.suffix != ".md")
        for path in [*files, *sorted(others)]:
            if path.is_file():
                status = path.stat()
                digest.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
        return digest.hexdigest()


class Server:
    """Serves a preview on 127.0.0.1 and updates it when something changes.

    Args:
        repository: the course.
        port: the port to listen on; 0 for the first that is free.
    """

    def __init__(self, repository: Repository, port: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="course-site-"))
        # It is taken when the site is built: until then, it looks free.
        self._held = ExitStack()
        self.port = port or self._held.enter_context(held_first(SITE_PORTS))
        self.address = f"http://{HOST}:{self.port}/"
        self.preview = Preview(repository, self.folder, self.address)
        self._server = LiveReloadServer(
            builder=self._rebuild,
            host=HOST,
            port=self.port,
            root=str(self.folder),
            polling_interval=0.25,
        )
        self._server.error_handler = self._instead
        root = repository.root
        for path in (pages.DOCS, STEPS, FINAL, navigation.CONFIGURATION):
            if (root / path).exists():
                self._server.watch(str(root / path))

    def __enter__(self) -> Server:
        self.preview.update()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self) -> None:
        """Serve until `stop` is called or the program is interrupted."""
        try:
            self._server.serve()  # type: ignore[no-untyped-call]
        except OSError as error:
            raise CourseError(
                f"cannot listen on {self.address}: {error.strerror}", "Take another --port."
            ) from None

    def stop(self) -> None:
        """End the server and take its folder away."""
        self._server.shutdown()
        self._held.close()
        self.preview.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _instead(self, code: int) -> bytes | None:
        """Return the page that stands for an error, as where the site is published."""
        try:
            return (self.folder / f"{code}.html").read_bytes()
        except FileNotFoundError:
            return None

    def _rebuild(self) -> None:
        try:
            for uri in self.preview.update():
                console.note(f"built {pages.DOCS}/{uri}")
        except CourseError as error:
            console.fail(str(error))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
