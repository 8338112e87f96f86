"""What a program, an emulation and its tasks printed, kept for who looks for a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from course import processes
from course.emulation.emulator import Emulator
from course.errors import CourseError


@contextmanager
def kept(emulator: Emulator, log: Path) -> Iterator[None]:
    """Keep what they printed, beside the log of a proof, once a block has ended."""
    try:
        yield
    finally:
        if not processes.stopping():
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
