"""For the Makefile: runs a test or linter of the tool, unless it passed with the same content.

    python -I -m course.cache.run_once [--fresh] [--without PATH]… COMMAND [WORD…]

For the tests and linters of the tool itself, in the ``Makefile``. A pass is remembered by the
command, every file that git does not ignore (but for those below PATH), the interpreter, the
packages of its environment, the versions of git and Node, and the variables that tests could look
at: never by the time. In CI (``CI`` is set), and with ``--fresh``, nothing is believed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from course import console
from course.errors import CourseError
from course.git import Store
from course.repository import Repository, write_if_changed

_PROGRAMS = ("git", "node", "bash", "make")
_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "PYTEST_ADDOPTS")
_USAGE = "usage: python -I -m course.cache.run_once [--fresh] [--without PATH]… COMMAND [WORD…]"


def key(repository: Repository, words: Sequence[str], without: Sequence[str] = ()) -> str:
    """Return what the outcome of a command depends on.

    Args:
        repository: the course.
        words: the command.
        without: files and folders, from the root, that it does not look at.

    Raises:
        CourseError: when git cannot tell the content.
    """
    tree = Store(repository).folder_tree(repository.root, without)
    return digest(list(words), tree, machine())


def digest(*parts: object) -> str:
    """Return what identifies some values."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:40]


def believes(fresh: bool) -> bool:
    """Whether what is remembered counts: not in CI, nor when all is to be done again."""
    return not (fresh or os.environ.get("CI"))


def machine() -> tuple[object, ...]:
    """Return what identifies what runs here: interpreter, packages, programs and variables."""
    packages = {
        f"{found.name} {found.version}"
        for found in metadata.distributions()
        if found.metadata["Name"]
    }
    own = {name: value for name, value in os.environ.items() if name.startswith("COURSE_")}
    return (
        sys.version,
        sys.executable,
        platform.platform(),
        sorted(packages),
        [_version(name) for name in _PROGRAMS],
        [os.environ.get(name) for name in _VARIABLES],
        sorted(own.items()),
    )


def run(
    repository: Repository,
    words: Sequence[str],
    *,
    without: Sequence[str] = (),
    fresh: bool = False,
) -> int:
    """Run a command in the root of the course, unless it is known to pass; return its exit code.

    Args:
        repository: the course.
        words: the command.
        without: files and folders, from the root, that it does not look at.
        fresh: whether to run it in any case.
    """
    try:
        before = _known(repository, words, without)
    except CourseError as error:
        console.warn(f"{error.problem} So this is run, known or not.")
        before = None
    if before is not None and before.exists() and believes(fresh):
        console.note("passed before with the same content (again all the same: make … FRESH=1)")
        return 0
    try:
        code = subprocess.run(list(words), cwd=repository.root, check=False).returncode
    except OSError as error:
        console.fail(f"{words[0]}: {error.strerror or error} → make setup")
        return 127
    # What changed meanwhile was perhaps not looked at.
    if code == 0 and before is not None and _known(repository, words, without) == before:
        write_if_changed(before, f"{' '.join(words)}\n".encode("utf-8", "surrogateescape"))
    return code


def _known(repository: Repository, words: Sequence[str], without: Sequence[str]) -> Path:
    return repository.results_folder("once") / key(repository, words, without)


def _version(program: str) -> str:
    """Return what a program says of its version; empty where there is none."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, encoding="utf-8", check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Read the arguments and run the command; return the exit code."""
    words, without, fresh = list(arguments), [], False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "--fresh":
            fresh = True
        elif option == "--without" and words:
            without.append(words.pop(0))
        else:
            console.fail(f"{option} is no option, or its value is missing. {_USAGE}")
            return 2
    if not words:
        console.fail(f"no command. {_USAGE}")
        return 2
    return run(Repository.find(), words, without=without, fresh=fresh)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
