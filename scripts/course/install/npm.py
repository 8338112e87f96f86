"""Installs npm packages by ``package-lock.json``: where, the time-out, what if npm is missing.

The tool's own are few, and none is needed to follow the course. A step's are those of the projects
that the catalogue names (``npm``): they are installed once for each lock, and every copy of such a
project gets a link to them. Where npm is missing, or reaches no registry, the check that needs a
package says by name what it could not do.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from course import processes
from course.errors import CourseError, Lacking
from course.install import failure_causes, pip_settings
from course.install.environments import clean_variables
from course.repository import Repository, write_if_changed

LOCK = "package-lock.json"
_FOLDER = "node_modules"
# What npm reads of a project to install its packages.
_READ = (LOCK, "package.json", ".npmrc")
_READY = ".course-ready"
_INSTALL_TIMEOUT = 300.0


class Unavailable(Lacking):
    """A program of npm's world cannot be had on this machine."""


def node() -> str:
    """Return the program ``node``.

    Raises:
        Unavailable: when there is none.
    """
    found = shutil.which("node")
    if found is None:
        raise Unavailable(
            "node is not installed, or not on the PATH.", "Install Node.js 20 or later."
        )
    return found


def package(repository: Repository, name: str, root: Path | None = None) -> Path:
    """Return the folder of a package, installed if the version of the lock is not there.

    Args:
        repository: the course.
        name: the package.
        root: the folder with the lock, and where the packages go; that of the course unless given.

    Raises:
        Unavailable: when it cannot be installed here.
    """
    root = root or repository.root
    folder = root / _FOLDER / name
    wanted = version(root / LOCK, "packages", f"{_FOLDER}/{name}", "version")
    if not wanted:
        raise Unavailable(f"{LOCK} does not name {name}.", f"npm install --save-dev {name}")
    with FileLock(repository.state_folder("locks") / "npm"):
        if version(folder / "package.json", "version") != wanted:
            _install(root, name)
    return folder


def pinned(repository: Repository, name: str, root: Path, source: Path) -> Path:
    """Return the folder of a package as `package` does, in the version of another folder's lock.

    Args:
        repository, name: as `package` has it.
        root: where it is installed.
        source: the folder with ``package.json`` and its lock.
    """
    for file in ("package.json", LOCK):
        write_if_changed(root / file, (source / file).read_bytes())
    return package(repository, name, root)


def version(path: Path, *keys: str) -> str:
    """Return a text inside a JSON file, by the keys that lead to it; empty if it is not there."""
    try:
        found = json.loads(path.read_text("utf-8"))
        for key in keys:
            found = found[key]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def variables() -> dict[str, str]:
    """Return the environment for node and npm: npm's own settings are passed on."""
    mine = {name: value for name, value in os.environ.items() if name.lower().startswith("npm_")}
    trusted = pip_settings.other_variables(pip_settings.read())
    return {**clean_variables(), **trusted, **mine}


def provide(repository: Repository, folder: Path, projects: Iterable[str], programs: Path) -> None:
    """Give projects of npm in a copy of a step their packages.

    Args:
        repository: the course.
        folder: the copy.
        projects: their folders in it; one without a lock has no packages, and gets none.
        programs: the folder with the step's own programs; npm may be among them.

    Raises:
        Unavailable: when this machine has no npm, or reaches no registry.
        CourseError: when npm does not take the lock.
    """
    for project in projects:
        place = folder / project
        link = place / _FOLDER
        if not (place / LOCK).is_file() or os.path.lexists(link):
            continue
        packages = _packages(repository, place, project, programs)
        try:
            link.symlink_to(packages, target_is_directory=True)
        except OSError:  # pragma: no cover (Windows, without the right to make links)
            shutil.copytree(packages, link, symlinks=True)


def _packages(repository: Repository, place: Path, project: str, programs: Path) -> Path:
    """Return a folder with the packages of a lock, installed if there is none yet."""
    files = {name: (place / name).read_bytes() for name in _READ if (place / name).is_file()}
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for name, content in files.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    home = repository.state_folder("npm") / digest.hexdigest()[:20]
    with FileLock(f"{home}.lock"):
        if not (home / _READY).exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            for name, content in files.items():
                (home / name).write_bytes(content)
            try:
                _install(home, f"the packages of {project}/{LOCK}", programs)
            except BaseException:
                shutil.rmtree(home, ignore_errors=True)
                raise
            (home / _FOLDER).mkdir(exist_ok=True)
            (home / _READY).touch()
    return home / _FOLDER


def _install(root: Path, what: str, programs: Path | None = None) -> None:
    """Install what the lock in a folder says; npm is looked for first among some programs."""
    env = variables()
    if programs is not None:
        env["PATH"] = os.pathsep.join([str(programs), env.get("PATH", os.defpath)])
    npm = shutil.which("npm", path=env.get("PATH"))
    if npm is None:
        raise Unavailable("npm is not installed, or not on the PATH.", "Install Node.js with npm.")
    done = processes.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=root,
        env=env,
        timeout=_INSTALL_TIMEOUT,
    )
    if done.code:
        lines = [line for line in done.text.splitlines() if line.strip()] or ["no output"]
        known = failure_causes.find(done.text, str(root))
        if known is not None and (programs is None or known.kind != failure_causes.LOCK):
            raise Unavailable(f"npm could not install {what}. {known.problem}", known.remedy)
        said = next((line for line in lines if "error" in line.lower()), lines[-1])
        if programs is not None:
            # Of a step: the machine can do it, and the lock is wrong.
            raise CourseError(
                f"npm could not install {what} ({said.strip()}).",
                "npm install --package-lock-only, in that folder",
            )
        raise Unavailable(f"npm could not install {what} ({said.strip()}).", "npm ci")
