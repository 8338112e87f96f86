"""Paths: the course's root, the tool's folders, its programs; when a disk is full; safe writes."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError

CATALOGUE = "steps/course.toml"
# What is left of a disk, in bytes, when it counts as full.
_NARROW = 256 * 1024


@dataclass(frozen=True)
class Repository:
    """A checkout of a course.

    Attributes:
        root: its folder, absolute and without symbolic links.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Repository:
        """Return the course that holds ``start`` (default: the current folder).

        Raises:
            CourseError: when neither it nor a folder above it holds a catalogue.
        """
        try:
            here = (start or Path.cwd()).resolve()
        except FileNotFoundError:
            raise CourseError(
                "The current folder is gone.", "Change into the folder that you cloned."
            ) from None
        for folder in (here, *here.parents):
            if (folder / CATALOGUE).is_file():
                return cls(folder)
        raise CourseError(
            f"{here} is not inside a course: no folder above it holds {CATALOGUE}.",
            "Change into the folder that you cloned, and try again.",
        )

    @property
    def catalogue(self) -> Path:
        """The file that describes the chain."""
        return self.root / CATALOGUE

    @property
    def state(self) -> Path:
        """The folder for everything that the tool makes on this machine; git ignores it."""
        return self.root / ".course"

    def results_folder(self, name: str) -> Path:
        """Return a folder for results that are remembered by content, made if it is missing.

        They hold for every copy of the course: COURSE_CACHE may name a place that outlives this
        one, as CI does, where each run begins with a new copy.
        """
        shared = os.environ.get("COURSE_CACHE", "")
        folder = Path(shared).expanduser() / name if shared else self.state / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def state_folder(self, name: str) -> Path:
        """Return a folder of the tool's state, made if it is missing."""
        folder = self.state / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def tool_python() -> Path:
    """Return the interpreter that runs the tool."""
    return Path(sys.executable)


def tool_command() -> list[str]:
    """Return the words that start the tool, whatever the folder and the variables may hold."""
    return [sys.executable, "-I", str(Path(__file__).with_name("__main__.py"))]


def tool_programs() -> Path:
    """Return the folder with the programs installed beside the tool (``uv``, ``poetry``, …)."""
    return Path(sys.executable).parent


def is_full(folder: Path) -> bool:
    """Whether a disk has no room left to speak of.

    Programs such as git and uv say at times only that they cannot write, and not why.
    """
    try:
        return shutil.disk_usage(folder).free < _NARROW
    except OSError:
        return False


def beside(path: Path) -> Path:
    """Return a place in the same folder for the new content of a file, until it is whole.

    Its name is short, for that of the file may be as long as the file system takes.
    """
    mark = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]
    return path.with_name(f".{mark}.{os.getpid()}.new")


@contextmanager
def replacing(path: Path, fresh: Path | None = None) -> Iterator[Path]:
    """Give a place for the new content of a file, and replace the file in one step in the end.

    A reader sees the old content or the new. When something is raised, the old content stays.

    Args:
        path: the file; its folder must exist.
        fresh: the place; `beside` the file unless given.
    """
    fresh = fresh or beside(path)
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file unless it holds just this content, so that nothing downstream is made again.

    The file is replaced in one step: a reader sees the old content or the new. It keeps its mode.

    Returns:
        Whether the file was written.
    """
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as fresh:
        fresh.write_bytes(content)
        if path.exists():
            shutil.copymode(path, fresh)
    return True
