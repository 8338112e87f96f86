"""The container engine: how it is found, time-outs of calls and builds, removal of leftovers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course import processes
from course.errors import CourseError, Lacking
from course.planted_faults import last_line

_TIMEOUT = 30.0
# Building an image installs packages.
_BUILD_TIMEOUT = 600.0
# A container gets ten seconds to end before the engine kills it.
_REMOVAL_TIMEOUT = 120.0
# What has a name in an engine: how it is listed, how its name is printed, and how it is removed.
# In this order, because nothing that a container uses can be removed before it.
_KINDS = {
    "container": (("ps", "--all"), "{{.Names}}", ("rm", "--force", "--volumes")),
    "network": (("network", "ls"), "{{.Name}}", ("network", "rm")),
    "volume": (("volume", "ls"), "{{.Name}}", ("volume", "rm", "--force")),
    "image": (("image", "ls"), "{{.Repository}}:{{.Tag}}", ("image", "rm", "--force")),
}


class Unavailable(Lacking):
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
            said = last_line(done.text)
            raise CourseError(f"`docker {' '.join(words)}` failed: {said}", "course doctor")
        return done.text

    def build(self, name: str, folder: Path) -> None:
        """Make an image from the Dockerfile in a folder; with the same content, it is kept."""
        self.ask("build", "--quiet", "--tag", name, str(folder), timeout=_BUILD_TIMEOUT)

    @contextmanager
    def swept(self, prefix: str, *images: str) -> Iterator[None]:
        """Take away what a block leaves: what has a name in the engine that begins so.

        These are containers with their unnamed volumes, networks, volumes and images. What was
        there before stays. A program that is interrupted, or killed for its time, leaves them
        otherwise, and they would go on running.

        Args:
            prefix: how the names begin.
            images: how the names of images begin that are taken away, too.
        """
        before = {kind: self._names(kind) for kind in _KINDS}
        try:
            yield
        finally:
            for kind in _KINDS:
                begins = (prefix, *images) if kind == "image" else (prefix,)
                names = self._names(kind) - before[kind]
                self._remove(kind, {name for name in names if name.startswith(begins)})

    def forget_killed(self, prefix: str) -> None:
        """Take away what runs of this program left that were killed, and so could not.

        Args:
            prefix: how their names begin, before the name of the run.
        """
        mark = re.compile(rf"{re.escape(prefix)}(\d+-\d+)-")
        for kind in _KINDS:
            found = {name: mark.match(name) for name in self._names(kind)}
            left = {
                name for name, match in found.items() if match and not processes.is_living(match[1])
            }
            self._remove(kind, left)

    def remove(self, container: str) -> None:
        """Take a container away, also while this program is being stopped."""
        self._remove("container", {container})

    def clear(self, network: str) -> None:
        """Take away all containers in a network, also while this program is being stopped.

        Those of gitlab-ci-local have names that nobody can foresee.
        """
        words = ("ps", "--all", "--quiet", "--filter", f"network={network}")
        self._remove("container", set(_unstoppable(self.program, *words).split()))

    def _names(self, kind: str) -> set[str]:
        words, form, _ = _KINDS[kind]
        return set(_unstoppable(self.program, *words, "--format", form).split())

    def _remove(self, kind: str, names: set[str]) -> None:
        if names:
            _unstoppable(self.program, *_KINDS[kind][2], *sorted(names))


def find() -> Engine:
    """Return the engine of this machine.

    Raises:
        Unavailable: when there is no client, or no engine responds.
    """
    program = shutil.which("docker")
    if program is None:
        raise Unavailable("no container engine: docker is not on the PATH.", "course doctor")
    done = _run(program, "version", "--format", "{{.Server.Version}}")
    said = last_line(done.text)
    if done.code:
        raise Unavailable(f"no container engine responds: {said}", "course doctor")
    return Engine(program, said)


def variables() -> Mapping[str, str]:
    """Return the variables that tell the client where its engine is."""
    return {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}


def _run(program: str, *words: str, timeout: float = _TIMEOUT) -> processes.Finished:
    return processes.run([program, *words], cwd=Path.cwd(), env=dict(os.environ), timeout=timeout)


def _unstoppable(program: str, *words: str) -> str:
    """Run a command of the client also while this program is being stopped; return its output.

    In a session of its own, so that a second Ctrl-C does not end it.
    """
    try:
        done = subprocess.run(
            [program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_REMOVAL_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
