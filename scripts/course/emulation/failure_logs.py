"""The log files of a proof: what the emulated AWS, its tasks, and programs run for it printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from course import processes
from course.catalogue import Account
from course.containers.engine import Engine
from course.emulation import image
from course.emulation.emulator import Emulator, running
from course.errors import CourseError
from course.workspace import Workspace


@contextmanager
def emulated(found: Engine, space: Workspace, account: Account, log: Path) -> Iterator[Emulator]:
    """Run an emulated AWS for a while; what was printed is kept beside the log of the proof.

    Raises:
        Unavailable, CourseError: as `running`.
    """
    built = image.build(found, space.new("emulated-aws"))
    with running(found, built, account) as emulator:
        try:
            yield emulator
        finally:
            if not processes.stopping():
                _keep(emulator, log)


def _keep(emulator: Emulator, log: Path) -> None:
    try:
        log.with_suffix(".emulation.log").write_text(emulator.said(), encoding="utf-8")
        lines = [f"{stream}  {line.rstrip()}\n" for stream, line in emulator.logs()]
        log.with_suffix(".tasks.log").write_text("".join(lines), encoding="utf-8")
    except CourseError:
        pass


def run_logged(
    log: Path,
    title: str,
    argv: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    timeout: float,
    watch: Callable[[], bool] | None = None,
) -> processes.Finished:
    """Run a program; a log has what it prints, below a title, as soon as it is printed."""
    with log.open("ab") as output:
        output.write(f"\n{title}\n".encode())
        output.flush()
        begun = log.stat().st_size
        done = processes.run(argv, cwd=folder, env=env, timeout=timeout, log=output, watch=watch)
    return replace(done, output=log.read_bytes()[begun:])
