"""The tool's own packages from npm, installed below the root as ``package-lock.json`` says.

They are few, and none is needed to follow the course: where npm is missing, the check that needs
one says by name what it could not do.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from filelock import FileLock

from course import install_causes, pip_settings, processes
from course.environments import clean_variables
from course.errors import CourseError
from course.repository import Repository

LOCK = "package-lock.json"
_FOLDER = "node_modules"
_INSTALL_TIMEOUT = 300.0


class Unavailable(CourseError):
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


def _install(root: Path, name: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed, or not on the PATH.", "Install Node.js with npm.")
    done = processes.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=root,
        env=variables(),
        timeout=_INSTALL_TIMEOUT,
    )
    if done.code:
        lines = [line for line in done.text.splitlines() if line.strip()] or ["no output"]
        known = install_causes.find(done.text, str(root))
        if known is not None:
            raise Unavailable(f"npm could not install {name}. {known.problem}", known.remedy)
        said = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise Unavailable(f"npm could not install {name} ({said.strip()}).", "npm ci")
