"""Steps' Python environments: key, time-out, and the named files that an install command lacks.

An environment's identity is the interpreter, the commands that fill it, and the content of every
file that those commands name. So steps with the same lock share one environment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from course import processes
from course.catalogue import Command
from course.errors import CourseError
from course.git import Entry, Store
from course.install import failure_causes, pip_settings
from course.repository import Repository, is_full, replacing, tool_programs

# Only these variables of the person's own environment reach a snapshot. Everything else
# (VIRTUAL_ENV, PYTHONPATH, DJANGO_SETTINGS_MODULE, UV_PYTHON, a SECRET_KEY for another project)
# would make a step work on one machine and not on the next.
_PASSED = frozenset(
    "PATH HOME USER LOGNAME SHELL TMPDIR TEMP TMP LANG LC_ALL LC_CTYPE TZ TERM COLORTERM"
    " SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA USERPROFILE"
    " PROGRAMFILES HOMEDRIVE HOMEPATH NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE"
    " XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR"
    " HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy"
    " SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT NODE_EXTRA_CA_CERTS"
    " PIP_INDEX_URL PIP_CONFIG_FILE UV_DEFAULT_INDEX UV_CACHE_DIR UV_NATIVE_TLS UV_SYSTEM_CERTS"
    " DOCKER_HOST DOCKER_CONFIG DOCKER_BUILDKIT".split()
)
# How commands print whose output is kept or compared: to no terminal, and as wide as a page.
PRINTING = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "100"}
_READY = ".course-ready"
_INSTALL_TIMEOUT = 900.0
# What an install command names and reads: a file with requirements, a lock, a project's file.
_A_FILE = re.compile(r"[\w./-]+\.(txt|lock|toml|json|cfg)")
_NO_VENV = re.compile(r"will not clear a directory that is not a virtual environment")


@dataclass(frozen=True)
class Environment:
    """A Python environment that holds just what a snapshot asks for.

    Attributes:
        folder: where it lies.
        key: what identifies it, by content.
    """

    folder: Path
    key: str

    @property
    def programs(self) -> Path:
        """The folder with its ``python`` and the programs of its packages."""
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")


def base_python() -> Path:
    """Return the interpreter that environments are made with: the one below the tool's own."""
    return Path(getattr(sys, "_base_executable", sys.executable) or sys.executable).resolve()


def clean_variables() -> dict[str, str]:
    """Return the person's environment without what could change how a snapshot behaves."""
    kept = {name: value for name, value in os.environ.items() if name in _PASSED}
    strays = set()
    stray = os.environ.get("VIRTUAL_ENV")
    if stray:
        strays.add(Path(stray) / ("Scripts" if sys.platform == "win32" else "bin"))
    if sys.prefix != sys.base_prefix:
        # The tool's own environment, called by its path or activated: its linters are not a step's.
        strays.add(tool_programs())
    if "PATH" in kept:
        parts = kept["PATH"].split(os.pathsep)
        kept["PATH"] = os.pathsep.join(part for part in parts if Path(part) not in strays)
    return kept


def key(commands: tuple[Command, ...], files: Mapping[str, bytes]) -> str:
    """Return what identifies an environment.

    Args:
        commands: the commands that fill it.
        files: the snapshot's files by path; those that a command names count.
    """
    digest = hashlib.sha256()
    digest.update(f"{sys.version}\0{platform.machine()}\0{sysconfig.get_platform()}\0".encode())
    digest.update(f"{base_python()}\0".encode())
    for command in commands:
        digest.update(f"{command}\0".encode())
        for word in command.words:
            if word in files:
                digest.update(hashlib.sha256(files[word]).digest())
    return digest.hexdigest()[:20]


def files_named(
    store: Store, entries: Mapping[str, Entry], commands: Iterable[Command]
) -> dict[str, bytes]:
    """Return the content of those files of a tree that commands name."""
    words = {word for command in commands for word in command.words}
    wanted = {path: entry for path, entry in entries.items() if path in words}
    contents = store.blobs(entry.blob for entry in wanted.values())
    return {path: contents[entry.blob] for path, entry in wanted.items()}


def files_missing(commands: Iterable[Command], files: Container[str]) -> list[str]:
    """Return the files that commands name and that are none of those that are there, in order."""
    words = {word for command in commands for word in command.words}
    return sorted(word for word in words if _A_FILE.fullmatch(word) and word not in files)


def folder(repository: Repository, name: str) -> Path:
    """Return where the environment lies, or is to lie, that a key identifies."""
    return repository.state_folder("environments") / name


def variables(repository: Repository, environment: Environment) -> dict[str, str]:
    """Return the environment variables that a command of a snapshot runs with."""
    tools = _tool_links(repository)
    found = clean_variables()
    found["PATH"] = os.pathsep.join(
        [str(environment.programs), str(tools), found.get("PATH", os.defpath)]
    )
    found |= {
        "VIRTUAL_ENV": str(environment.folder),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "POETRY_NO_INTERACTION": "1",
        "PRE_COMMIT_HOME": str(repository.state_folder("pre-commit")),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return found


def ensure(
    repository: Repository,
    commands: tuple[Command, ...],
    files: Mapping[str, bytes],
    log: Path,
    remedy: str = "",
) -> Environment:
    """Return the environment for a snapshot, made if there is none yet.

    Args:
        repository: the course.
        commands: the commands that fill it, run in a folder that holds just ``files``.
        files: the snapshot's files by path.
        log: where the output of the commands goes.
        remedy: what fixes a failure that is not the machine's; without it, that of a maintainer.

    Raises:
        CourseError: when a command fails; the environment is taken away again.
        Interrupted: when the program is being stopped while another one makes it.
    """
    name = key(commands, files)
    environment = Environment(folder(repository, name), name)
    if _is_ready(environment):
        return environment
    lock = FileLock(str(environment.folder) + ".lock")
    try:
        held = lock.acquire(cancel_check=processes.stopping)
    except Timeout:
        raise processes.Interrupted from None
    with held:
        if _is_ready(environment):
            return environment
        shutil.rmtree(environment.folder, ignore_errors=True)
        try:
            _make(repository, environment, commands, files, log, remedy=remedy)
        except BaseException:
            shutil.rmtree(environment.folder, ignore_errors=True)
            raise
        _note_ready(environment, commands)
    return environment


def _note_ready(environment: Environment, commands: tuple[Command, ...]) -> None:
    lines = "".join(f"{line}\n" for line in (environment.folder, *commands))
    (environment.folder / _READY).write_text(lines, encoding="utf-8")


def _is_ready(environment: Environment) -> bool:
    """Whether an environment was made to the end, and where it lies now.

    Its programs name the interpreter by its path: they do not run where a checkout was moved to.
    """
    return _noted(environment) == str(environment.folder)


def _noted(environment: Environment) -> str:
    """Return the folder in which an environment was made to the end; ``""`` if that is unknown."""
    try:
        return (environment.folder / _READY).read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, ValueError):
        return ""


def refill(
    repository: Repository,
    folder: Path,
    commands: tuple[Command, ...],
    files: Mapping[str, bytes],
    log: Path,
) -> Environment:
    """Return an environment that belongs to one project alone, and so may be changed there.

    Args:
        repository: the course.
        folder: where it lies, or is to lie.
        commands: the commands that fill it.
        files: the project's files by path, those that a command names.
        log: where the output of the commands goes.

    Raises:
        CourseError: when a command fails.
    """
    environment = Environment(folder, key(commands, files))
    python = "python.exe" if sys.platform == "win32" else "python"
    # One that was made by hand has no note of where.
    noted = _noted(environment)
    moved = bool(noted) and Path(noted).resolve() != folder.resolve()
    fresh = moved or not (environment.programs / python).exists()
    # To regenerate the course's own locks is nothing for a learner to do.
    remedy = f"Read {log}; then run the same command again, or: course reset"
    _make(repository, environment, commands, files, log, from_scratch=fresh, remedy=remedy)
    _note_ready(environment, commands)
    return environment


def _make(
    repository: Repository,
    environment: Environment,
    commands: tuple[Command, ...],
    files: Mapping[str, bytes],
    log: Path,
    *,
    from_scratch: bool = True,
    remedy: str = "",
) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if from_scratch:
        _clear_way(environment.folder)
    words = ("uv", "venv", "--quiet", "--clear", "--python", str(base_python()))
    asked = Command((*words, str(environment.folder)))
    source = repository.state_folder("environments") / f"{environment.folder.name}.source"
    try:
        for path, content in files.items():
            if any(path in command.words for command in commands):
                target = source / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        source.mkdir(exist_ok=True)
        env = variables(repository, environment)
        # Where pip installs to, and what it refuses, is meant for other projects.
        env |= pip_settings.pip_variables(pip_settings.read())
        with log.open("wb") as output:
            for command in (asked, *commands) if from_scratch else commands:
                program = shutil.which(command.words[0], path=env["PATH"])
                if program is None:
                    raise CourseError(
                        f"cannot start {command.words[0]}: it is not installed.", "course doctor"
                    )
                from course.install import offline_bundle  # it fetches as this module installs

                # What was downloaded once is installed without asking the index again; only where
                # the cache lacks something is the network needed.
                for index in (offline_bundle.installing, offline_bundle.online):
                    output.write(f"$ {command}\n".encode())
                    output.flush()
                    begun = log.stat().st_size
                    done = processes.run(
                        [program, *command.words[1:]],
                        cwd=source,
                        env=env | index(repository) | dict(command.variables),
                        timeout=_INSTALL_TIMEOUT,
                        log=output,
                    )
                    if done.code == 0:
                        break
                else:
                    # Without the index the first try fails by itself: only the last one counts.
                    said = log.read_bytes()[begun:].decode("utf-8", "replace")
                    otherwise = remedy or f"Read {log}; a lock is regenerated by: course lock"
                    raise _failure(f"`{command}` failed", said, environment.folder, otherwise)
    finally:
        shutil.rmtree(source, ignore_errors=True)


def _clear_way(folder: Path) -> None:
    """Take away what is no folder where one is to be made: no installer would replace it.

    Of a symbolic link only the link goes, for what it leads to belongs to somebody else.
    """
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)


def _failure(failed: str, said: str, folder: Path, otherwise: str) -> CourseError:
    """Return what helps where the machine made a command fail; ``otherwise`` where it did not."""
    if is_full(folder.parent):
        return CourseError(
            f"{failed}: no space is left on the disk.",
            "Free some space, then run the same command again.",
        )
    if _NO_VENV.search(said):
        remedy = f"Take {folder} away, for it is no environment; then run the same command again."
        return CourseError(f"{failed}.", remedy)
    known = failure_causes.find(said, str(folder.parent))
    # What no machine is to blame for, the lock is.
    if known is None or known.kind == failure_causes.LOCK:
        return CourseError(f"{failed}.", otherwise)
    return CourseError(f"{failed}: {known.problem}", known.remedy)


def _tool_links(repository: Repository) -> Path:
    """Return a folder with only the tool's own programs that a snapshot's commands may call.

    The tool's whole folder of programs would let a step pass with a ``black`` that it lacks.
    """
    folder = repository.state_folder("bin")
    for name in ("poetry", "uv"):
        program = shutil.which(name, path=str(tool_programs()))
        if program is None:
            continue
        link = folder / Path(program).name
        if sys.platform == "win32":  # pragma: no cover (windows)
            if not link.exists():
                shutil.copy2(program, link)
        elif not link.is_symlink() or os.readlink(link) != program:
            with replacing(link, folder / f".{name}.{os.getpid()}.{os.urandom(3).hex()}") as fresh:
                fresh.symlink_to(program)
    return folder
