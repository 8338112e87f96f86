"""Passed checks, remembered by content: what is part of their key, and the file of each."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from functools import cache
from importlib import metadata

from course.cache import code_version
from course.repository import Repository, replacing

# What carries out the checks, with all that it imports.
CHECKS = "course.verify.plan"
# The tool's own programs that a snapshot's commands may call.
_PROGRAMS = ("poetry", "uv")
_FILE = re.compile(r"[0-9a-f]{32}")


@cache
def tool_hash() -> str:
    """Return what identifies the part of the tool that checks: changed, it remembers nothing."""
    digest = hashlib.sha256(code_version.version(CHECKS).encode())
    for name in _PROGRAMS:
        try:
            digest.update(f"{name} {metadata.version(name)}\0".encode())
        except metadata.PackageNotFoundError:
            continue
    return digest.hexdigest()


def key(*parts: object) -> str:
    """Return what identifies a check by everything that its result depends on."""
    text = "\0".join(str(part) for part in (tool_hash(), *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


class Memory:
    """The passed checks of this machine.

    Args:
        repository: the course, whose state folder holds them.
        use: whether remembered results count (``--fresh`` says no; new ones are still kept).

    Attributes:
        use: whether remembered results count.
        problem: why something could not be remembered; empty while all could.
    """

    def __init__(self, repository: Repository, use: bool = True) -> None:
        self._folder = repository.results_folder("results")
        self.use = use
        self.problem = ""

    def get(self, name: str) -> dict[str, object] | None:
        """Return what is remembered under a key; None when nothing (or nothing readable) is."""
        if not self.use:
            return None
        try:
            data = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(data, dict) or data.pop("key", None) != name:
            return None
        return data

    def put(self, name: str, data: dict[str, object]) -> None:
        """Remember something, in one step, so that a killed run leaves no half of it.

        What cannot be written is not remembered, which costs the next run time and no more.
        """
        target = self._folder / f"{name}.json"
        own = target.with_suffix(f".{os.getpid()}.{os.urandom(3).hex()}")
        text = json.dumps({"key": name, **data})
        try:
            with replacing(target, own) as fresh:
                fresh.write_text(text, encoding="utf-8")
        except OSError as error:
            self.problem = f"{error.filename or self._folder}: {error.strerror or error}"

    def files(self, name: str) -> frozenset[str]:
        """Return the files that `add_files` was given under a key, by this run or another."""
        if not self.use:
            return frozenset()
        try:
            text = (self._folder / f"{name}.files").read_text(encoding="ascii", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(line for line in text.split("\n") if _FILE.fullmatch(line))

    def add_files(self, name: str, files: Iterable[str]) -> None:
        """Remember files under a key, each by what `key` makes of it.

        They are appended at one blow, so that two runs at once lose nothing of each other; of what
        a killed run left half, a line is none that `files` reads.
        """
        path = self._folder / f"{name}.files"
        data = "".join(f"\n{file}" for file in files).encode("ascii") + b"\n"
        try:
            place = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(place, data)
            finally:
                os.close(place)
        except OSError as error:
            self.problem = f"{error.filename or path}: {error.strerror or error}"
