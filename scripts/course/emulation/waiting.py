"""Waits until the emulated AWS has settled or is empty, and says what is not when time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course import processes
from course.emulation.emulator import Emulator
from course.emulation.state import State, more
from course.planted_faults import Wrong


@dataclass(frozen=True)
class Patience:
    """Waits for an emulated AWS, and no longer than it may take.

    Attributes:
        emulator: the emulated AWS.
        log: what is named when it does not come to an end.
        timeout: how long, in seconds.
        pause: the seconds from look to look.
    """

    emulator: Emulator
    log: Path
    timeout: float
    pause: float

    def settled(self) -> State:
        """Wait until every service runs what it should, and return what there is then.

        Raises:
            Wrong: when one does not.
        """
        states: list[State] = []

        def settled() -> bool:
            states[:] = [self.emulator.state()]
            return not states[0].unsettled

        if not self.until(settled):
            text = f"the services did not settle: {'; '.join(states[0].unsettled)}"
            raise Wrong(text, self.log)
        return states[0]

    def gone(self, what: str, before: Mapping[str, list[str]]) -> None:
        """Wait until nothing is left but what there was before.

        Raises:
            Wrong: when something is; of what, is told.
        """
        left: dict[str, list[str]] = {}

        def gone() -> bool:
            left.clear()
            left.update(more(before, self.emulator.left()))
            return not left

        if not self.until(gone):
            kinds = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in left.items())
            raise Wrong(f"something is left {what}: {kinds}", self.log)

    def until(self, fits: Callable[[], bool]) -> bool:
        """Wait until something fits; return whether it does."""
        deadline = time.monotonic() + self.timeout
        while not fits():
            if time.monotonic() > deadline:
                return False
            pause(self.pause)
        return True


def pause(seconds: float) -> None:
    """Do nothing for a while.

    Raises:
        Interrupted: when the program is being stopped.
    """
    time.sleep(seconds)
    if processes.stopping():
        raise processes.Interrupted
