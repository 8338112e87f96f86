"""Watches tests run: at which per cents progress is told, and how a test that hangs is noticed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from course.verify.failure_reason import read_log

# pytest, at the end of a line of dots; and what is told of it, in steps as large as this.
_PERCENT = re.compile(r"\[ *(\d+)%\]$", re.MULTILINE)
_STEP = 25


class Watch:
    """Looks at the log of a test command now and then; see `processes.run`.

    Every test prints something, be it a dot: where nothing comes for long, one of them hangs.

    Args:
        log: what the command prints, after ``start`` bytes.
        start: how long the log was before.
        silence: seconds without a word, after which the command is to be ended.
        tell: is told how far the tests are; None when nobody wants to know.
    """

    def __init__(
        self, log: Path, start: int, silence: float, tell: Callable[[str], None] | None = None
    ) -> None:
        self.silent = False
        self._log = log
        self._silence = silence
        self._tell = tell
        self._start = self._size = start
        self._told = 0
        self._since = time.monotonic()

    def __call__(self) -> bool:
        """Return whether the command is to be ended."""
        size = self._log.stat().st_size
        if size != self._size:
            self._size, self._since = size, time.monotonic()
            self._say_how_far()
        self.silent = time.monotonic() - self._since >= self._silence
        return self.silent

    def _say_how_far(self) -> None:
        if self._tell is None:
            return
        found = _PERCENT.findall(read_log(self._log, self._start))
        reached = int(found[-1]) // _STEP * _STEP if found else 0
        if self._told < reached < 100:
            self._told = reached
            self._tell(f"  {reached} % of them have run …")
