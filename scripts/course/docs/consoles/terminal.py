"""The shell of console blocks: a bash a command, what the next one takes over, typed answers.

Each command runs in a bash of its own, which takes over the folder and the exported variables that
the one before left (`cd`, `export`, `source .venv/bin/activate` work), so that a command that ends
the shell, or hangs, takes nothing else with it.
"""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course import processes
from course.processes import Finished


@dataclass
class Shell:
    """A shell in a folder.

    Attributes:
        folder: where its first command runs.
        env: the variables that it begins with.
        scratch: a folder of its own, for what it remembers.
    """

    folder: Path
    env: Mapping[str, str]
    scratch: Path

    def __post_init__(self) -> None:
        self._background: list[tuple[subprocess.Popen[bytes], Path]] = []
        self.scratch.mkdir(parents=True, exist_ok=True)

    def run(self, command: str, timeout: float, typed: Sequence[str] = ()) -> Finished:
        """Run a command to its end.

        Args:
            command: what is typed at the prompt.
            timeout: seconds after which it is ended.
            typed: what a person answers, line by line; the command then has a terminal.
        """
        words = ["bash", "-c", self._script(command)]
        if typed:
            return _on_terminal(words, self.folder, self.env, timeout, typed)
        return processes.run(words, cwd=self.folder, env=self.env, timeout=timeout)

    def start(self, command: str) -> Background:
        """Start a command that keeps running until `close`."""
        log = self.scratch / f"background-{len(self._background)}.log"
        with log.open("wb") as output:
            child = processes.start(
                ["bash", "-c", self._script(f"exec {command}" if _is_plain(command) else command)],
                cwd=self.folder,
                env=self.env,
                stdout=output,
            )
        self._background.append((child, log))
        return Background(child, log)

    def close(self) -> None:
        """End what still runs."""
        while self._background:
            processes.end(self._background.pop()[0])

    def _script(self, command: str) -> str:
        state, place = self.scratch / "exported", self.scratch / "folder"
        before = f"[ -f {_q(state)} ] && . {_q(state)} 2>/dev/null; "
        before += f'[ -f {_q(place)} ] && cd -- "$(cat {_q(place)})"; '
        after = f"export -p >{_q(state)}; pwd >{_q(place)}; exit $code"
        return f"{before}trap 'code=$?; {after}' EXIT\n{command}\n"


@dataclass(frozen=True)
class Background:
    """A command that keeps running."""

    child: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_bytes().decode("utf-8", "replace")

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self.child.poll() is not None


def _q(path: Path) -> str:
    return shlex.quote(str(path))


def _is_plain(command: str) -> bool:
    return not any(mark in command for mark in "|&;<>()\n$`=")


def _on_terminal(
    words: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float, typed: Sequence[str]
) -> Finished:
    """Run a command on a pseudo-terminal, and type an answer whenever it stops to wait for one."""
    if sys.platform == "win32":  # pragma: no cover (windows)
        raise OSError("there are no pseudo-terminals on Windows")
    import pty

    begun = time.monotonic()
    ours, theirs = pty.openpty()
    answers = list(typed)
    output = b""
    timed_out = False
    try:
        child = processes.start(words, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    finally:
        os.close(theirs)
    try:
        quiet_since = time.monotonic()
        while True:
            ready, _, _ = select.select([ours], [], [], 0.05)
            if ready:
                try:
                    data = os.read(ours, 65536)
                except OSError:  # Linux: the other side is closed
                    break
                if not data:
                    break
                output += data
                quiet_since = time.monotonic()
            elif child.poll() is not None:
                break
            elif answers and _asks(output) and time.monotonic() - quiet_since > 0.1:
                os.write(ours, answers.pop(0).encode() + b"\n")
                quiet_since = time.monotonic()
            if time.monotonic() - begun > timeout:
                timed_out = True
                break
    finally:
        processes.end(child)
        os.close(ours)
    return Finished(child.returncode, output, time.monotonic() - begun, timed_out)


def _asks(output: bytes) -> bool:
    """Return whether output ends in a prompt: a line that has begun and not ended."""
    last = output.rsplit(b"\n", 1)[-1]
    return bool(last.strip())
