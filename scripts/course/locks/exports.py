"""Whether the requirements beside a lock are what Poetry would export of it, found without Poetry.

Two files are compared by what they *install*: which packages, in which versions, of which hashes,
on each system and Python that the lock is for. How a condition is written does not matter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from poetry.core.constraints.version import Version, parse_constraint
from poetry.core.version.markers import parse_marker

from course.chain import Chain, Link
from course.errors import CourseError
from course.locks.lock_files import LOCK, is_requirements, normal

REMEDY = "course lock"
_SYSTEMS = {
    "Linux": ("linux", "posix"),
    "macOS": ("darwin", "posix"),
    "Windows": ("win32", "nt"),
}
_PLATFORMS = {"Linux": "Linux", "macOS": "Darwin", "Windows": "Windows"}
_PYTHONS = tuple(f"3.{minor}" for minor in range(8, 16))
_LINE = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*(?P<version>[^\s;]+)"
    r"\s*(?:;\s*(?P<marker>.*?))?(?P<hashes>(?:\s+--hash=\S+)*)\s*$"
)


@dataclass(frozen=True)
class Selection:
    """What an export command takes from a lock.

    Attributes:
        path: the file that it writes.
        groups: the groups of dependencies whose packages it takes.
        hashes: whether it writes hashes.
    """

    path: str
    groups: frozenset[str]
    hashes: bool


@dataclass(frozen=True)
class _Pinned:
    """A package as one of the files has it; each marker is a way in."""

    name: str
    version: str
    markers: tuple[str, ...]
    hashes: frozenset[str]


def problems(chain: Chain, link: Link) -> Iterator[tuple[str, str]]:
    """Yield each file of a link that a lock makes and that is not so, with what is wrong.

    Raises:
        CourseError: when the lock is none.
    """
    entries = chain.entries(link)
    wanted = {path: e.blob for path, e in entries.items() if path == LOCK or is_requirements(path)}
    contents = chain.store.blobs(wanted.values())
    texts = {path: contents[blob].decode("utf-8", "replace") for path, blob in wanted.items()}
    if LOCK not in texts:
        yield from _by_hand(chain, link, texts)
        return
    selections = {made.path: made for made in map(selection, _exports(link)) if made is not None}
    for path in sorted(set(texts) - {LOCK} | set(selections)):
        if path not in texts:
            yield path, f"is not there, and is exported from {LOCK}"
            continue
        try:
            found = compared(texts[LOCK], texts[path], selections.get(path))
        except CourseError as error:
            raise CourseError(f"{link.folder}/{error.problem}", error.remedy) from None
        if found:
            yield path, found[0]


def selection(words: Sequence[str]) -> Selection | None:
    """Return what an export command takes; None when it is another command, or takes extras."""
    if list(words[:2]) != ["poetry", "export"]:
        return None
    path, groups, hashes = "", {"main"}, True
    rest = iter(word for given in words[2:] for word in given.split("=", 1))
    for word in rest:
        if word in ("--output", "-o"):
            path = next(rest, "")
        elif word in ("--with", "--without", "--only"):
            named = set(next(rest, "").replace(",", " ").split())
            groups = {"--with": groups | named, "--without": groups - named}.get(word, named)
        elif word == "--without-hashes":
            hashes = False
        else:
            return None
    return Selection(path, frozenset(groups), hashes) if path else None


@lru_cache(maxsize=256)
def compared(lock: str, export: str, made: Selection | None) -> list[str]:
    """Return how an export differs from its lock.

    Args:
        lock: the text of the lock.
        export: the text of the export.
        made: how the export is made; None when that is not known. Then it must hold nothing else.

    Raises:
        CourseError: when the lock is none.
    """
    packages, pythons = _locked(lock)
    has = _required(export)
    names = {normal(str(package["name"])) for package in packages}
    found = [f"holds {pin.name}, which {LOCK} does not" for pin in has if pin.name not in names]
    if made is None:
        return found
    wanted = list(_chosen(packages, made))
    for name in sorted({pin.name for pin in wanted} - {pin.name for pin in has}):
        found.append(f"lacks {name}, which {LOCK} has")
    hashes = {(pin.name, pin.version): pin.hashes for pin in has}
    for system in _SYSTEMS:
        for python in pythons:
            now, then = (_installed(pins, system, python) for pins in (has, wanted))
            place = f"on {system} with Python {python}"
            for name in sorted(set(now) | set(then)):
                if name not in now:
                    found.append(f"lacks {name} {place}, which {LOCK} has there")
                elif name not in then:
                    found.append(f"installs {name} {place}, which {LOCK} does not")
                elif now[name] != then[name]:
                    found.append(f"has {name} {now[name]}, but {LOCK} has {then[name]}")
    for pin in wanted:
        other = hashes.get((pin.name, pin.version))
        if made.hashes and pin.hashes and other is not None and other != pin.hashes:
            found.append(f"has other hashes for {pin.name} than {LOCK}")
    return found


def _exports(link: Link) -> Iterator[tuple[str, ...]]:
    return (tuple(command.words) for command in link.step.commands.export)


@lru_cache(maxsize=128)
def _locked(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the packages of a lock, and the Pythons that it is for."""
    try:
        data = tomllib.loads(text)
        packages = [
            package
            for package in data.get("package", [])
            # What comes from git or a folder is no pin; what is an extra is not taken.
            if str(package["name"]) and "source" not in package and not package.get("optional")
        ]
        constraint = parse_constraint(data.get("metadata", {}).get("python-versions", ">=3.11"))
        pythons = [p for p in _PYTHONS if constraint.allows(Version.parse(p))]
        for package in packages:
            str(package["version"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CourseError(f"{LOCK}: not a lock file: {error}", REMEDY) from None
    return packages, pythons


def _chosen(packages: Iterable[Mapping[str, Any]], made: Selection) -> Iterator[_Pinned]:
    for package in packages:
        groups = made.groups & set(package.get("groups", ["main"]))
        if not groups:
            continue
        told = package.get("markers", "")
        markers = {str(told.get(g, "")) for g in groups} if isinstance(told, dict) else {str(told)}
        yield _Pinned(
            normal(str(package["name"])),
            str(package["version"]),
            tuple(sorted(markers)),
            frozenset(str(file.get("hash", "")) for file in package.get("files", [])),
        )


def _required(text: str) -> list[_Pinned]:
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        match = _LINE.match(re.sub(r"(?:^|\s+)#.*", "", line).strip())
        if match:
            hashes = frozenset(word.removeprefix("--hash=") for word in match["hashes"].split())
            marker = (match["marker"] or "").strip()
            found.append(_Pinned(normal(match["name"]), match["version"], (marker,), hashes))
    return found


def _installed(pins: Iterable[_Pinned], system: str, python: str) -> dict[str, str]:
    return {
        pin.name: pin.version
        for pin in pins
        if any(_holds(marker, system, python) for marker in pin.markers)
    }


@lru_cache(maxsize=4096)
def _holds(marker: str, system: str, python: str) -> bool:
    """Return whether a condition of a requirement is true somewhere; one that is none never is."""
    if not marker:
        return True
    sys_platform, os_name = _SYSTEMS[system]
    try:
        return parse_marker(marker).validate(
            {
                "sys_platform": sys_platform,
                "os_name": os_name,
                "platform_system": _PLATFORMS[system],
                "platform_machine": "x86_64",
                "platform_python_implementation": "CPython",
                "implementation_name": "cpython",
                "python_version": python,
                "python_full_version": f"{python}.0",
                "extra": "",
            }
        )
    except Exception:  # Poetry's parser has errors of its own, which it keeps to itself.
        return False


def _by_hand(chain: Chain, link: Link, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a hand-written file pins needs packages, which a later lock of the course names.

    It must pin them where the environment is given what stands there and nothing else.
    """
    installs = [set(command.words) for command in link.step.commands.install]
    for path, text in sorted(texts.items()):
        if not any(path in words and words & {"sync", "--no-deps"} for words in installs):
            continue
        later = (other for other in chain.links[link.position :] if LOCK in chain.entries(other))
        locked = next(later, None)
        if locked is None:
            return
        packages, _ = _locked(chain.read(locked, LOCK).decode("utf-8", "replace"))
        pinned = {pin.name for pin in _required(text)}
        # A file that takes in another is not known by itself.
        if re.search(r"^\s*(?:-r|--requirement)\b", text, re.MULTILINE):
            continue
        for package in packages:
            if normal(str(package["name"])) not in pinned:
                continue
            for name in sorted(_needs(package)):
                if name not in pinned:
                    yield path, f"lacks {name}, which {package['name']} needs"
                    return


def _needs(package: Mapping[str, Any]) -> Iterator[str]:
    for name, told in package.get("dependencies", {}).items():
        if not (isinstance(told, dict) and told.get("optional")):
            yield normal(name)
