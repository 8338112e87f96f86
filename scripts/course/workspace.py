"""Temporary copies of snapshots: where they lie, their names, their git, when they are removed."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import psutil

from course import git, processes
from course.git import Entry, Store
from course.services import postgres, private_servers
from course.services.private_servers import Room, Servers

_PREFIX = private_servers.PREFIX
# Where `make test` may make temporary folders, and what a killed run leaves there takes memory.
_MEMORY = Path("/dev/shm")


class Workspace:
    """A folder for the copies of one run of the tool, taken away at the end.

    A run that was killed leaves its folder and perhaps children; the next one takes both away,
    because the folder's name holds the run that made it.
    """

    def __init__(self) -> None:
        sweep()
        name = f"{_PREFIX}{processes.run_name()}-"
        self.folder = Path(tempfile.mkdtemp(prefix=name)).resolve()
        self._brief = threading.local()
        self._servers = Servers()
        self._rooms: dict[Path, Room] = {}
        self._shared: dict[Path, Path] = {}

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        for folder in list(self._rooms):
            self._leave(folder)
        self._servers.close()
        processes.end_strays()
        remove(self.folder)

    def new(self, name: str, *, keep: bool = False) -> Path:
        """Return a path for a copy, in a folder of its own so that nothing is beside it.

        Args:
            name: the last part of the path.
            keep: whether the copy outlives the block of `briefly` in which it is made.
        """
        parent = Path(tempfile.mkdtemp(prefix="copy-", dir=self.folder))
        if not keep:
            getattr(self._brief, "made", []).append(parent)
        return parent / name

    @contextmanager
    def briefly(self) -> Iterator[None]:
        """Take away at the end of a block what this thread made in it.

        Files that go soon are never written to the disk, and taking thousands away at the end of
        a run takes longer than all else that Ctrl-C has to wait for.
        """
        made: list[Path] = []
        self._brief.made = made
        try:
            yield
        finally:
            del self._brief.made
            for folder in made:
                self._leave(folder)
                remove(folder)

    def room(
        self, copy: Path, names: Iterable[str], told: Mapping[str, Mapping[str, str]]
    ) -> dict[str, str]:
        """Return what programs in a copy are told of the room that it alone has in services.

        The room goes with the copy.

        Args:
            copy: the copy, at a path from `new`.
            names: the services.
            told: as `Servers.open` has it.

        Raises:
            CourseError: as `Servers.open`.
        """
        parent = self._shared.get(copy.parent, copy.parent)
        if parent not in self._rooms:
            self._rooms[parent] = self._servers.open(names, told)
        return self._rooms[parent].variables

    def addresses(self, copy: Path) -> Mapping[str, tuple[str, ...]]:
        """Return where in the services the room of a copy is; nothing if it has none."""
        room = self._rooms.get(self._shared.get(copy.parent, copy.parent))
        return room.addresses if room else {}

    def share(self, copy: Path, other: Path) -> None:
        """Let a copy have the room of another one, which is to stay as long."""
        self._shared[copy.parent] = other.parent

    def trouble(self) -> str:
        """Say which server crashed under this thread in its block of `briefly`; else ``""``."""
        made = getattr(self._brief, "made", [])
        own = (self._rooms.get(folder) for folder in made)
        return next((said for room in own if room and (said := room.trouble())), "")

    def _leave(self, folder: Path) -> None:
        self._shared.pop(folder, None)
        room = self._rooms.pop(folder, None)
        if room is not None:
            room.close()


def sweep() -> None:
    """End the children and take away the copies of runs that did not end properly."""
    places = {Path(tempfile.gettempdir()), _MEMORY, *postgres.FALLBACKS}
    for folder in chain.from_iterable(place.glob(f"{_PREFIX}*") for place in places):
        words = folder.name.removeprefix(_PREFIX).split("-")
        try:
            process = psutil.Process(int(words[0]))
            if abs(process.create_time() - int(words[1])) < 2:
                continue
        except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError, IndexError):
            pass
        try:
            found = folder.lstat()
        except OSError:
            continue
        # The temporary folder is everybody's: what another user put there is left alone.
        if stat.S_ISDIR(found.st_mode) and _is_own(found):
            processes.end_strays("-".join(words[:2]))
            remove(folder)


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def remove(folder: Path) -> None:
    """Take a folder away, read-only ones in it included; what cannot go is left for `sweep`."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.is_dir():
        return
    for parent, folders, files in os.walk(folder):
        # On POSIX a folder's mode decides what may go out of it, on Windows a file's own.
        for name in (".", *folders, *(files if os.name == "nt" else ())):
            path = Path(parent, name)
            if not path.is_symlink():
                try:
                    path.chmod(stat.S_IRWXU)
                except OSError:
                    pass
    shutil.rmtree(folder, ignore_errors=True)


def write_entries(store: Store, entries: Mapping[str, Entry], folder: Path) -> None:
    """Write files of a tree into a folder, with their modes and symbolic links."""
    contents = store.blobs(entry.blob for entry in entries.values())
    folder.mkdir(parents=True, exist_ok=True)
    for path, entry in entries.items():
        write_entry(folder / path, entry, contents[entry.blob])


def write_entry(target: Path, entry: Entry, content: bytes) -> None:
    """Write one file of a tree."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == "120000":
        target.symlink_to(os.fsdecode(content))
        return
    target.write_bytes(content)
    if entry.mode == "100755":
        target.chmod(target.stat().st_mode | 0o111)


def make_repository(folder: Path) -> None:
    """Make a copy a git repository of its own, with one commit that holds all of it."""
    git.run(["init", "-q", "-b", "main", "--template="], cwd=folder)
    git.run(["add", "-A"], cwd=folder)
    git.run(["commit", "-q", "--allow-empty", "-m", "The snapshot"], cwd=folder)


def copy(source: Path, target: Path) -> Path:
    """Copy a folder as it is, symbolic links as links, and return the copy."""
    shutil.copytree(source, target, symlinks=True)
    return target
