"""What an emulation and its tasks printed, kept for a person who looks for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
