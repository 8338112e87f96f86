#!/usr/bin/env python3
"""Make the tool's own environment, ``.venv``, on a machine with Python, git and nothing else.

    python3 scripts/bootstrap.py          make it, or renew it if what it holds has changed
    python3 scripts/bootstrap.py VERB …   then run ``course VERB …``

It uses the standard library alone, and any Python 3.6 or later, which can then say that it is too
old. Everything that is installed is pinned with its hash in requirements_dev.txt. A second call
takes no time.
"""

# Written for Python 3.6: no newer syntax, and types by the names that it knows.
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from course import isolation  # noqa: E402

if __name__ == "__main__":
    # Nothing else has been imported yet that PYTHONPATH and the like could bring.
    isolation.ensure(os.path.abspath(__file__))

import hashlib  # noqa: E402
import re  # noqa: E402
import shlex  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from typing import Dict, Iterator, List, NoReturn, Optional  # noqa: E402

from course.install import failure_causes, machine_checks, pip_call, pip_settings  # noqa: E402

sys.path.pop(0)

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
MAIN = os.path.join(ROOT, "scripts", "course", "__main__.py")
REQUIREMENTS = os.path.join(ROOT, "requirements_dev.txt")
STAMP = os.path.join(VENV, ".course-ready")
LOCK = os.path.join(ROOT, ".course", "bootstrap.lock")
WINDOWS = os.name == "nt"
PROGRAMS = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
SUFFIX = ".exe" if WINDOWS else ""
DOCTOR = "python scripts\\bootstrap.py doctor" if WINDOWS else "make doctor"
# The interpreter below an environment that happens to be active, which may be our own.
PYTHON = getattr(sys, "_base_executable", None) or sys.executable
# Settings of another project's environment must not reach this one. Python's own variables, and
# those of pip that say where to install, go as well: see `isolation` and `pip_call`.
STRAY = (
    "VIRTUAL_ENV",
    "UV_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_EXCLUDE_NEWER",
    "CONDA_PREFIX",
    "__PYVENV_LAUNCHER__",
)


def stop(problem: str, remedy: str) -> NoReturn:
    """Say what is wrong and what fixes it, and end."""
    sys.stderr.write("error: %s\n  -> %s\n" % (problem, remedy))
    raise SystemExit(1)


def say(text: str) -> None:
    """Tell what takes more than a moment."""
    sys.stderr.write("  %s\n" % text)
    sys.stderr.flush()


def clean_environment() -> Dict[str, str]:
    """Return this process's environment without what is meant for other projects."""
    kept = isolation.clean(dict(os.environ))
    return {name: value for name, value in kept.items() if name not in STRAY}


def run(words: List[str], what: str, env: Optional[Dict[str, str]] = None) -> None:
    """Run a program; what it printed is shown only if it fails, with the cause that it names."""
    done = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment() if env is None else env,
        cwd=ROOT,
    )
    if done.returncode:
        failed(done.stdout.decode("utf-8", "replace"), what)


def failed(said: str, what: str) -> NoReturn:
    """Show what an installer printed, say why it failed and what fixes it, and end."""
    sys.stderr.write(said if said.endswith("\n") or not said else said + "\n")
    known = failure_causes.find(said, ROOT)
    if known is None:
        stop("%s failed." % what, "Read the lines above; then: %s" % DOCTOR)
    stop("%s failed. %s" % (what, known.problem), known.remedy)


def bundle() -> str:
    """Return the address of the folder of packages that `course bundle` made; or ``""``."""
    folder = os.environ.get("COURSE_BUNDLE") or os.path.join(ROOT, ".course", "bundle")
    if not os.path.isdir(folder):
        return ""
    from pathlib import Path

    # pip splits its value at blanks, and uv at commas; an address has neither.
    return Path(os.path.abspath(folder)).as_uri().replace(",", "%2C")


def from_bundle(words: List[str], env: Dict[str, str]) -> bool:
    """Run an installer with the bundle alone, if there is one; return whether that was enough."""
    address = bundle()
    if not address:
        return False
    local = dict(env, PIP_NO_INDEX="1", PIP_FIND_LINKS=address)
    local.update(UV_OFFLINE="1", UV_FIND_LINKS=address)
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=local, cwd=ROOT
    )
    if done.returncode:
        say("not all of it is in the bundle: the network is asked ...")
    return done.returncode == 0


def fetch(words: List[str], what: str, env: Dict[str, str]) -> None:
    """Run an installer: with the bundle alone, if there is one, and else with the network."""
    if not from_bundle(words, env):
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
    """Make the environment again."""
    if shutil.which("git") is None:
        stop("git is not installed, or not on the PATH.", "Install git, then try again.")
    sys.stderr.write("Setting up the course's tools, once, in .venv\n")
    say("an environment ...")
    make_empty()
    python = os.path.join(PROGRAMS, "python" + SUFFIX)
    say("an installer ...")
    install_uv(python)
    env = pip_settings.without_pip(clean_environment())
    env.update(pip_settings.uv_variables(pip_settings.read()))
    install = [os.path.join(PROGRAMS, "uv" + SUFFIX), "pip"]
    options = ["--quiet", "--python", python]
    say("the packages of requirements_dev.txt ...")
    # By its name alone, in this folder: in a path, an installer takes a # for the end of it.
    name = os.path.basename(REQUIREMENTS)
    fetch(
        install + ["sync"] + options + ["--require-hashes", name],
        "Installing the tools",
        env,
    )
    say("the command `course` ...")
    fetch(
        install + ["install"] + options + ["--no-deps", "--no-build-isolation", "--editable", "."],
        "Installing the command `course`",
        env,
    )
    write_command()


def write_command() -> None:
    """Write the program `course`, which no variable of Python's can lead to other modules.

    The one that an installer writes starts Python without `-I`.
    """
    if WINDOWS:  # pragma: no cover (windows)
        return  # A program there, which starts itself again: see `course.entry`.
    target = os.path.join(PROGRAMS, "course")
    python = os.path.join(PROGRAMS, "python")
    # The shell is told the path: the first line of a script takes no blank, and not any length.
    with open(target + ".new", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write('#!/bin/sh\nexec %s -I %s "$@"\n' % (shlex.quote(python), shlex.quote(MAIN)))
    os.chmod(target + ".new", 0o755)
    os.replace(target + ".new", target)


def make_empty() -> None:
    """Make an environment that holds pip alone."""
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run(
        [PYTHON, "-I", "-m", "venv", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
    )
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        said = done.stdout.decode("utf-8", "replace")
        # Where it says nothing that is known, the module is there only in part.
        failed(
            said if failure_causes.find(said, ROOT) else said + "\nensurepip is not available",
            "Making an environment",
        )


def install_uv(python: str) -> None:
    """Install the installer with pip, by its pinned hash."""
    env = pip_call.variables(clean_environment())
    handle, name = tempfile.mkstemp(suffix=".txt")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(pinned("uv"))
        # Not --quiet: only then does it say why an index cannot be asked. Nobody sees a question.
        words = [python, "-I", "-m", "pip", "install", "--no-input", "--require-hashes"]
        words += ["--no-deps", "-r", name]
        if not from_bundle(words, env):
            done = pip_call.run(words, env, ROOT)
            if done.returncode:
                failed(done.stdout.decode("utf-8", "replace"), "Installing uv")
    finally:
        os.unlink(name)


def doctor() -> bool:
    """Say what this machine has and lacks for setting up, with the standard library alone.

    Returns:
        Whether nothing is missing.
    """
    findings = machine_checks.basics(ROOT, OLDEST) + machine_checks.examine(ROOT, PYTHON)
    for finding in findings:
        sign = {"ok": "ok", "optional": "-"}.get(finding.state, "MISSING")
        sys.stdout.write("%-8s %-13s %s\n" % (sign, finding.subject, finding.found))
        if finding.remedy:
            sys.stdout.write("%22s  -> %s\n" % ("", finding.remedy))
    sys.stdout.flush()
    return all(finding.state != "missing" for finding in findings)


def is_ready(wanted: str) -> bool:
    """Whether the environment is there, and made of what is wanted."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            return file.read() == wanted
    except OSError:
        return False


def main(arguments: List[str]) -> None:
    """Make or renew the environment, then hand over to ``course`` if a verb is given."""
    if arguments == ["doctor"] and (sys.version_info < OLDEST or not is_ready(identity())):
        # Before anything is installed, and all the more if that fails.
        if not doctor():
            raise SystemExit(1)
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
        python = os.path.join(PROGRAMS, "python" + SUFFIX)
        words = [python, "-I", MAIN] + arguments
        env = clean_environment()
        if WINDOWS:  # pragma: no cover (windows)
            raise SystemExit(subprocess.call(words, env=env))
        os.execve(python, words, env)


if __name__ == "__main__":
    main(sys.argv[1:])
