#!/usr/bin/env python3
"""Make the tool's own environment, ``.venv``, on a machine with Python, git and nothing else.

    python3 scripts/bootstrap.py          make it, or renew it if what it holds has changed
    python3 scripts/bootstrap.py VERB …   then run ``course VERB …``

It uses the standard library alone, and any Python 3.6 or later, which can then say that it is too
old. Everything that is installed is pinned with its hash in requirements_dev.txt. A second call
takes no time.
"""

# Written for Python 3.6: no newer syntax, and types by the names that it knows.
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import Dict, Iterator, List, NoReturn, Optional

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
REQUIREMENTS = os.path.join(ROOT, "requirements_dev.txt")
STAMP = os.path.join(VENV, ".course-ready")
LOCK = os.path.join(ROOT, ".course", "bootstrap.lock")
WINDOWS = os.name == "nt"
PROGRAMS = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
SUFFIX = ".exe" if WINDOWS else ""
# The interpreter below an environment that happens to be active, which may be our own.
PYTHON = getattr(sys, "_base_executable", None) or sys.executable
# Settings of another project's environment must not reach this one.
STRAY = (
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "UV_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "CONDA_PREFIX",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "__PYVENV_LAUNCHER__",
)


def stop(problem: str, remedy: str) -> NoReturn:
    """Say what is wrong and what mends it, and end."""
    sys.stderr.write("error: %s\n  -> %s\n" % (problem, remedy))
    raise SystemExit(1)


def say(text: str) -> None:
    """Tell what takes more than a moment."""
    sys.stderr.write("  %s\n" % text)
    sys.stderr.flush()


def clean_environment() -> Dict[str, str]:
    """Return this process's environment without what is meant for other projects."""
    return {name: value for name, value in os.environ.items() if name not in STRAY}


def run(words: List[str], what: str, env: Optional[Dict[str, str]] = None) -> None:
    """Run a program; what it printed is shown only if it fails."""
    done = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment() if env is None else env,
        cwd=ROOT,
    )
    if done.returncode:
        sys.stderr.write(done.stdout.decode("utf-8", "replace"))
        stop("%s failed." % what, "Read the lines above; is the network there? Then try again.")


def bundle() -> str:
    """Return the address of the folder of packages that `course bundle` made; or ``""``."""
    folder = os.environ.get("COURSE_BUNDLE") or os.path.join(ROOT, ".course", "bundle")
    if not os.path.isdir(folder):
        return ""
    from pathlib import Path

    # pip splits its value at blanks, and uv at commas; an address has neither.
    return Path(os.path.abspath(folder)).as_uri().replace(",", "%2C")


def fetch(words: List[str], what: str, env: Optional[Dict[str, str]] = None) -> None:
    """Run an installer: with the bundle alone, if there is one, and else with the network."""
    address = bundle()
    if address:
        local = clean_environment() if env is None else dict(env)
        local.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=address)
        local.update(UV_OFFLINE="1", UV_FIND_LINKS=address)
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=local, cwd=ROOT
        )
        if done.returncode == 0:
            return
        say("not all of it is in the bundle: the network is asked ...")
    run(words, what, env)


def identity() -> str:
    """Return what the environment depends on: the interpreter, the place, the pinned packages."""
    digest = hashlib.sha256()
    for part in (sys.version, PYTHON if WINDOWS else os.path.realpath(PYTHON), ROOT):
        digest.update(os.fsencode(part) + b"\0")
    for name in ("requirements_dev.txt", "pyproject.toml"):
        try:
            with open(os.path.join(ROOT, name), "rb") as file:
                digest.update(hashlib.sha256(file.read()).digest())
        except OSError as error:
            stop("%s: %s" % (name, error.strerror), "git checkout -- %s" % name)
    return digest.hexdigest()


def pinned(package: str) -> str:
    """Return the lines of the requirements that pin one package, with its hashes."""
    with open(REQUIREMENTS, encoding="utf-8") as file:
        text = file.read()
    # Every line but the last ends with a backslash.
    match = re.search(r"^%s==(?:.*\\\n)*.*" % re.escape(package), text, re.MULTILINE)
    if match is None:
        problem = "requirements_dev.txt does not pin %s." % package
        stop(problem, "git checkout -- requirements_dev.txt")
    return match.group(0) + "\n"


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time make the environment; the system ends a dead one's turn."""
    os.makedirs(os.path.dirname(LOCK), exist_ok=True)
    with open(LOCK, "ab") as file:
        if WINDOWS:  # pragma: no cover (windows)
            import msvcrt

            # Tries for ten seconds, and then raises: so again and again.
            while True:
                try:
                    getattr(msvcrt, "locking")(file.fileno(), getattr(msvcrt, "LK_LOCK"), 1)
                    break
                except OSError:
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make() -> None:
    """Make the environment anew."""
    if shutil.which("git") is None:
        stop("git is not installed, or not on the PATH.", "Install git, then try again.")
    sys.stderr.write("Setting up the course's tools, once, in .venv\n")
    say("an environment ...")
    make_empty()
    python = os.path.join(PROGRAMS, "python" + SUFFIX)
    say("an installer ...")
    install_uv(python)
    env = clean_environment()
    index = package_index(python)
    if index:
        env.setdefault("UV_DEFAULT_INDEX", index)
    install = [os.path.join(PROGRAMS, "uv" + SUFFIX), "pip"]
    options = ["--quiet", "--python", python]
    say("the packages of requirements_dev.txt ...")
    fetch(
        install + ["sync"] + options + ["--require-hashes", REQUIREMENTS],
        "Installing the tools",
        env,
    )
    say("the command `course` ...")
    fetch(
        install + ["install"] + options + ["--no-deps", "--no-build-isolation", "--editable", ROOT],
        "Installing the command `course`",
        env,
    )


def make_empty() -> None:
    """Make an environment that holds pip alone."""
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run(
        [PYTHON, "-m", "venv", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
    )
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.stderr.write(done.stdout.decode("utf-8", "replace"))
        version = "%d.%d" % sys.version_info[:2]
        stop(
            "Python's venv module does not work here.",
            "On Debian and Ubuntu: sudo apt install python%s-venv" % version,
        )


def install_uv(python: str) -> None:
    """Install the installer with pip, by its pinned hash."""
    handle, name = tempfile.mkstemp(suffix=".txt")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(pinned("uv"))
        words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        fetch(words + ["--require-hashes", "--no-deps", "-r", name], "Installing uv")
    finally:
        os.unlink(name)


def package_index(python: str) -> str:
    """Return the index that pip is told of on this machine, for uv to use the same; or ``""``."""
    asked = subprocess.run(
        [python, "-m", "pip", "config", "get", "global.index-url"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    return os.environ.get("PIP_INDEX_URL") or asked.stdout.decode("utf-8", "replace").strip()


def is_ready(wanted: str) -> bool:
    """Whether the environment is there, and made of what is wanted."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            return file.read() == wanted
    except OSError:
        return False


def main(arguments: List[str]) -> None:
    """Make or renew the environment, then hand over to ``course`` if a verb is given."""
    if sys.version_info < OLDEST:
        stop(
            "This is Python %d.%d; the course needs 3.11 or later." % sys.version_info[:2],
            "Install a newer one; then, for example: make PYTHON=python3.12 start",
        )
    wanted = identity()
    if not is_ready(wanted):
        try:
            with alone():
                # Another process may have made it while this one waited.
                if not is_ready(wanted):
                    make()
                    with open(STAMP, "w", encoding="utf-8") as file:
                        file.write(wanted)
        except OSError as error:
            problem = "%s: %s" % (error.filename or ROOT, error.strerror)
            stop(problem, "Is there space on the disk, and may you write into %s?" % ROOT)
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
            raise SystemExit(130)
    if arguments:
        course = os.path.join(PROGRAMS, "course" + SUFFIX)
        env = clean_environment()
        if WINDOWS:  # pragma: no cover (windows)
            raise SystemExit(subprocess.call([course] + arguments, env=env))
        os.execve(course, [course] + arguments, env)


if __name__ == "__main__":
    main(sys.argv[1:])
