"""Which runs serve something here: the file of each, how one is known, the grace at its end.

A verb that serves something until Ctrl-C leaves a small file while it does so. The file stays when
the verb is killed; what its children bear as a mark (see `course.processes`) leads to them then.
A process id is used again by the system sooner or later: nothing is ended by its number alone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from course import processes
from course.errors import CourseError
from course.repository import Repository, replacing

_FOLDER = "running"
# As in `course.services.ledger`: the clock from which Linux derives the time may be set.
_TOLERANCE = 2.0
# Seconds that a verb has to end its servers before it is ended by force.
_GRACE = 20.0


@dataclass(frozen=True)
class Run:
    """A verb that serves something, or did when its file was written.

    Attributes:
        pid: its process id.
        created: when its process was made, as psutil tells it.
        argv: its command line.
        mark: what its children bear.
        within: the mark of the run that started it; empty when a person did.
        what: what it serves, in words.
    """

    pid: int
    created: float
    argv: tuple[str, ...]
    mark: str
    within: str
    what: str

    def process(self) -> psutil.Process | None:
        """Return its process; None when it has ended, though another may have its number now."""
        try:
            found = psutil.Process(self.pid)
            if found.status() == psutil.STATUS_ZOMBIE:
                return None
            if abs(found.create_time() - self.created) <= _TOLERANCE:
                return found
            return found if tuple(found.cmdline()) == self.argv else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None


@contextmanager
def recorded(repository: Repository, what: str) -> Iterator[None]:
    """Note for a while that this process serves something.

    Args:
        repository: the course.
        what: what it serves, in words.
    """
    process = psutil.Process()
    run = Run(
        process.pid,
        process.create_time(),
        tuple(process.cmdline()),
        processes.run_name(),
        os.environ.get(processes.MARK, ""),
        what,
    )
    file = _file(repository, run.pid)
    with replacing(file) as fresh:
        fresh.write_text(json.dumps(asdict(run)), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def known(repository: Repository) -> list[Run]:
    """Return the runs that left a file, the oldest first."""
    found = []
    for file in repository.state_folder(_FOLDER).glob("*.json"):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            found.append(
                Run(
                    int(data["pid"]),
                    float(data["created"]),
                    tuple(str(word) for word in data["argv"]),
                    str(data["mark"]),
                    str(data["within"]),
                    str(data["what"]),
                )
            )
        except (OSError, ValueError, KeyError, TypeError):
            # Half a file cannot be, for it is moved into its place: this is none of ours.
            continue
    return sorted(found, key=lambda run: (run.created, run.pid))


def sweep(repository: Repository) -> list[str]:
    """End what runs that were killed have left, and forget them.

    Returns:
        What was ended, in words.
    """
    ended = []
    for run in known(repository):
        if run.process() is None:
            if run.mark and processes.end_strays(run.mark):
                ended.append(run.what)
            _file(repository, run.pid).unlink(missing_ok=True)
    if _end_orphans(repository):
        ended.append("servers of a run that is gone")
    return ended


def stop(repository: Repository) -> list[str]:
    """End every run from this checkout, and what killed ones have left.

    Returns:
        What was ended, in words.

    Raises:
        CourseError: when a run belongs to another user.
    """
    ended = []
    runs = known(repository)
    marks = {run.mark for run in runs}
    # A process that another run started ends with it.
    for run in sorted(runs, key=lambda run: run.within in marks):
        process = run.process()
        if process is not None and process.pid != os.getpid():
            _end(process)
            if run.within not in marks:
                ended.append(f"{run.what} (process {run.pid})")
    return ended + sweep(repository)


def _end(process: psutil.Process) -> None:
    try:
        process.terminate()
        if not _gone(process, _GRACE):
            process.kill()
            _gone(process, processes.GRACE)
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied:
        raise CourseError(
            f"process {process.pid} belongs to {process.username()}.",
            "course stop   (as that user)",
        ) from None


def _gone(process: psutil.Process, seconds: float) -> bool:
    """Wait for the end of a process; one that is left as a zombie by its parent has ended."""
    end = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _end_orphans(repository: Repository) -> bool:
    """End servers that work in this checkout's mirrors and whose run is gone without a file."""
    place = repository.state / "run"
    marks = set()
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(processes.MARK, "")
            if mark and place in Path(process.cwd()).parents:
                marks.add(mark)
        except (psutil.Error, OSError, ValueError):
            # Another user's, or gone meanwhile.
            continue
    gone = [mark for mark in marks if not processes.is_living(mark)]
    return any([processes.end_strays(mark) for mark in gone])


def _file(repository: Repository, pid: int) -> Path:
    return repository.state_folder(_FOLDER) / f"{pid}.json"
