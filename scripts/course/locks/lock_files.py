"""What a link's lock files say: the version of each package, in Poetry's lock and in exports."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from course.chain import Chain, Link
from course.errors import CourseError

LOCK = "poetry.lock"
PROJECT = "pyproject.toml"
# What is locked by another program, by the name of its lock.
_SOURCES = {"package-lock.json": "package.json"}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")


def normal(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def of_lock(text: str, where: str) -> dict[str, str]:
    """Return the version of each package in a ``poetry.lock``.

    Raises:
        CourseError: when it is not one.
    """
    try:
        return dict(_versions(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{where}: not a lock file: {error}", "course lock") from None


@lru_cache(maxsize=128)
def _versions(text: str) -> dict[str, str]:
    """Read a lock; many steps have the same."""
    packages = tomllib.loads(text).get("package", [])
    return {normal(package["name"]): str(package["version"]) for package in packages}


def of_requirements(text: str) -> dict[str, str]:
    """Return the version of each package that a requirements file pins."""
    found = {}
    for line in text.splitlines():
        match = _PIN.match(line.strip())
        if match:
            found[normal(match["name"])] = match["version"]
    return found


def is_requirements(path: str) -> bool:
    """Whether a file at a snapshot's root is named like pip's requirements."""
    return re.fullmatch(r"requirements[\w-]*\.txt", path) is not None


def source(path: str) -> str:
    """Return the file that a lock or an export is made from; empty for any other file."""
    pure = PurePosixPath(path)
    name = PROJECT if pure.name == LOCK or is_requirements(path) else _SOURCES.get(pure.name, "")
    return str(pure.with_name(name)) if name else ""


def read(chain: Chain, link: Link) -> dict[str, dict[str, str]]:
    """Return the versions in each of a link's lock files, by the file's path in the link."""
    entries = {
        path: entry
        for path, entry in chain.entries(link).items()
        if is_requirements(path) or PurePosixPath(path).name == LOCK
    }
    contents = chain.store.blobs(entry.blob for entry in entries.values())
    found = {}
    for path, entry in entries.items():
        text = contents[entry.blob].decode("utf-8", "replace")
        where = f"{link.folder}/{path}"
        found[path] = of_requirements(text) if is_requirements(path) else of_lock(text, where)
    return found


def disagreements(chain: Chain) -> list[str]:
    """Return a line for every package that the course has in more than one version.

    The version at the end of the chain is the one that holds.
    """
    held: dict[str, tuple[str, str]] = {}
    lines = []
    for link in reversed(chain.links):
        if link.is_copy:
            continue
        for path, versions in read(chain, link).items():
            where = f"{link.folder}/{path}"
            for name, version in versions.items():
                known, place = held.setdefault(name, (version, where))
                if known != version:
                    lines.append(f"{where}: {name} {version}, but {place} has {known}")
    return lines[::-1]


def replace_pins(text: str, versions: Mapping[str, str]) -> str:
    """Return a hand-written requirements file with its pins set to other versions.

    Lines that pin nothing, comments and packages that ``versions`` lacks stay as they are.
    """
    lines = []
    for line in text.splitlines(keepends=True):
        match = _PIN.match(line)
        wanted = versions.get(normal(match["name"])) if match else None
        if match and wanted:
            line = line[: match.start("version")] + wanted + line[match.end("version") :]
        lines.append(line)
    return "".join(lines)
