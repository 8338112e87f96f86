"""The container engine of this machine: whether one responds, and what a run has left in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course import processes
from course.errors import CourseError

_TIMEOUT = 30.0
# Building an image installs packages.
_BUILD_TIMEOUT = 600.0


class Unavailable(CourseError):
    """What a check needs is not on this machine, so that it cannot run here."""


@dataclass(frozen=True)
class Engine:
    """A container engine that responds.

    Attributes:
        program: the client, ``docker``.
        version: the version of the server.
    """

    program: str
    version: str

    def ask(self, *words: str, timeout: float = _TIMEOUT) -> str:
        """Run a command of the client, and return what it printed.

        Raises:
            CourseError: when it fails.
        """
        done = _run(self.program, *words, timeout=timeout)
        if done.code:
            lines = done.text.strip().splitlines() or ["it printed nothing"]
            raise CourseError(f"`docker {' '.join(words)}` failed: {lines[-1]}", "course doctor")
        return done.text

    def build(self, name: str, folder: Path) -> None:
        """Make an image from the Dockerfile in a folder; with the same content, it is kept."""
        self.ask("build", "--quiet", "--tag", name, str(folder), timeout=_BUILD_TIMEOUT)

    @contextmanager
    def swept(self, prefix: str) -> Iterator[None]:
        """Take away what a block leaves: containers, networks and volumes whose names begin so.

        What was there before stays. A program that is interrupted, or killed for its time, leaves
        them otherwise, and they would go on running.
        """
        kinds: dict[str, tuple[Callable[[], set[str]], tuple[str, ...]]] = {
            "container": (lambda: self._named("ps", "--all", form="{{.Names}}"), ("rm", "--force")),
            "network": (lambda: self._named("network", "ls"), ("network", "rm")),
            "volume": (lambda: self._named("volume", "ls"), ("volume", "rm", "--force")),
        }
        before = {kind: names() for kind, (names, _) in kinds.items()}
        try:
            yield
        finally:
            for kind, (names, removal) in kinds.items():
                left = {name for name in names() - before[kind] if name.startswith(prefix)}
                if left:
                    _run(self.program, *removal, *sorted(left))

    def _named(self, *words: str, form: str = "{{.Name}}") -> set[str]:
        return set(_run(self.program, *words, "--format", form).text.split())


def find() -> Engine:
    """Return the engine of this machine.

    Raises:
        Unavailable: when there is no client, or no engine responds.
    """
    program = shutil.which("docker")
    if program is None:
        raise Unavailable("no container engine: docker is not on the PATH.", "course doctor")
    done = _run(program, "version", "--format", "{{.Server.Version}}")
    lines = done.text.strip().splitlines() or ["it printed nothing"]
    if done.code:
        raise Unavailable(f"no container engine responds: {lines[-1]}", "course doctor")
    return Engine(program, lines[-1])


def variables() -> Mapping[str, str]:
    """Return the variables that tell the client where its engine is."""
    return {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}


def _run(program: str, *words: str, timeout: float = _TIMEOUT) -> processes.Finished:
    return processes.run([program, *words], cwd=Path.cwd(), env=dict(os.environ), timeout=timeout)
