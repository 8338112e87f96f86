"""Commits of a snapshot that are pushed to a forge, each with a version of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from course import git, workspace
from course.catalogue import Change, Delivery
from course.chain import Chain, Link
from course.containers import pipelines
from course.emulation import image
from course.emulation.versions import Copy
from course.planted_faults import Wrong
from course.workspace import Workspace

# The group of the project on a forge; its name is that of the snapshot.
GROUP = "course"
WORKFLOWS = Path(".github", "workflows")
GITLAB = ".gitlab-ci.yml"


@dataclass(frozen=True)
class Pushed:
    """A commit on a branch.

    Attributes:
        folder: a clone in which it is checked out.
        branch: the branch.
        commit: its hash.
        text: what is on the page of its version, and of no other.
    """

    folder: Path
    branch: str
    commit: str
    text: str


@dataclass(frozen=True)
class Desk:
    """Where commits are made.

    Attributes:
        chain: the course.
        space: where the clones are.
        link: the snapshot.
        delivery: in what a commit differs from it.
        log: what is named when a change does not fit.
    """

    chain: Chain
    space: Workspace
    link: Link
    delivery: Delivery
    log: Path

    @property
    def project(self) -> str:
        """The name of the project on a forge."""
        return f"{GROUP}/{self.link.step.slug}"

    def push(self, branch: str, version: str, planted: Mapping[str, str] = {}) -> Pushed:
        """Commit a version on a branch.

        Args:
            branch: the branch.
            version: what a page shows.
            planted: files that are added.

        Raises:
            Wrong: when a change does not fit, or an image is nowhere in the pipelines.
        """
        folder = self.space.new(self.link.step.slug)
        workspace.write_entries(self.chain.store, self.chain.entries(self.link), folder)
        mark = self.delivery.mark
        marked = Change(path=mark.path, old=mark.old, new=mark.new.format(version=version))
        Copy(folder, self.log).change([*self.delivery.changes, marked])
        for name, text in planted.items():
            (folder / name).write_text(text, encoding="utf-8")
        self._stand_in(folder)
        pipelines.push(folder, branch, self.project)
        commit = git.run(["rev-parse", "HEAD"], cwd=folder).stdout.decode().strip()
        return Pushed(folder, branch, commit, self.delivery.text.format(version=version))

    def npx(self) -> str:
        """Return the package that jobs run by ``npx``, with its version.

        Raises:
            Wrong: when the Makefile does not have it.
        """
        found = re.search(self.delivery.npx, self.chain.read(self.link, "Makefile").decode())
        if found is None:
            raise self._misfit(f"nothing in the Makefile fits {self.delivery.npx!r}")
        return found[0]

    def _stand_in(self, folder: Path) -> None:
        """Replace the images of jobs by those that have what the jobs install."""
        images = {**dict.fromkeys(self.delivery.images, image.RUNNER)}
        images[self.delivery.engine] = image.ENGINE
        missing = set(images)
        for file in files(folder):
            text = file.read_text("utf-8")
            for name, other in images.items():
                text, count = re.subn(rf"(?<![\w:/.-]){re.escape(name)}(?![\w:/.-])", other, text)
                if count:
                    missing.discard(name)
            file.write_text(text, encoding="utf-8")
        if missing:
            raise self._misfit(f"no pipeline has the image {min(missing)}")

    def _misfit(self, problem: str) -> Wrong:
        text = f"the pipelines cannot be run: {problem}. Fix `delivery` in the catalogue."
        return Wrong(text, self.log)


def files(folder: Path) -> Iterator[Path]:
    """Yield the files of all pipelines of a project."""
    yield from sorted((folder / WORKFLOWS).glob("*.yml"))
    if (folder / GITLAB).is_file():
        yield folder / GITLAB
