"""Whether this machine can install packages: free space, write access, venv, cache, index.

``scripts/bootstrap.py doctor`` uses it before anything is installed: see `pip_settings`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List, NamedTuple
from urllib.parse import urlsplit

from course import isolation
from course.install import failure_causes, pip_call, pip_settings
from course.install.pip_settings import Setting, is_set

_ENOUGH = 2 * 1024**3
_PATIENCE = "10"


class Finding(NamedTuple):
    """What was looked at on this machine.

    Attributes:
        subject: what it is.
        state: ``ok``, ``optional`` (lacking, but only some things need it) or ``missing``.
        found: what was found, or what for it is needed.
        remedy: the command that fixes it; empty if nothing is to be fixed.
    """

    subject: str
    state: str
    found: str
    remedy: str = ""


def examine(root: str, python: str) -> List[Finding]:
    """Return what on this machine could keep packages from being installed.

    Args:
        root: the folder of the course.
        python: the interpreter that environments are made with.
    """
    settings = pip_settings.read()
    found = [_settings(settings)]
    found.append(_variables())
    found.append(_venv(python))
    found.append(_cache(settings))
    found.append(_index(settings, root, python))
    return found


def basics(root: str, oldest: "tuple[int, int]") -> List[Finding]:
    """Return what the course needs before anything is installed.

    Args:
        root: its folder.
        oldest: the oldest Python that will do.
    """
    path = shutil.which("git")
    lacking = Finding("git", "missing", "the chain is read with it", "Install git.")
    git = Finding("git", "ok", path) if path else lacking
    return [python(oldest), git, disk(root), folder(root)]


def python(oldest: "tuple[int, int]") -> Finding:
    """Look whether this Python is new enough."""
    version = "%d.%d.%d" % sys.version_info[:3]
    if tuple(sys.version_info[:2]) >= oldest:
        return Finding("Python", "ok", version)
    found = "%s; %d.%d or later is needed" % ((version,) + oldest)
    return Finding("Python", "missing", found, "make PYTHON=python3.12 doctor")


def disk(root: str) -> Finding:
    """Look whether the disk of a folder has room for the environments."""
    free = shutil.disk_usage(root).free
    found = "%.1f GiB free" % (free / 1024**3)
    if free >= _ENOUGH:
        return Finding("disk", "ok", found)
    return Finding("disk", "missing", found + "; 2 GiB are needed", "Free some space.")


def folder(root: str) -> Finding:
    """Look whether the course may write into its folder."""
    if _can_write(root):
        return Finding("folder", "ok", root)
    found = "%s cannot be written" % root
    return Finding("folder", "missing", found, "Clone into your own folder.")


def _can_write(folder: str) -> bool:
    # A try, for the rights of a superuser say nothing on a read-only disk.
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _settings(settings: Dict[str, Setting]) -> Finding:
    """Look at what pip is told that installing does not need, and at what it needs."""
    for problem, remedy in pip_settings.unreadable():
        return Finding("settings", "missing", problem, remedy)
    cert = settings.get("cert")
    if cert and not os.path.exists(os.path.expanduser(cert.value)):
        return Finding(
            "settings",
            "missing",
            "`cert` (%s) names %s, which is not there" % (cert.source, cert.value),
            "Correct it there, or: " + _undo(["cert"], settings),
        )
    named = os.environ.get("SSL_CERT_FILE", "")
    if named and not cert and not os.path.isfile(named):
        found = "the variable SSL_CERT_FILE names %s, which is not there" % named
        return Finding("settings", "missing", found, "unset SSL_CERT_FILE")
    odd = [n for n in ("user", "require-virtualenv", "require-venv") if is_set(settings, n)]
    odd += [n for n in ("target", "prefix", "root") if n in settings]
    if odd:
        said = ", ".join("`%s` (%s)" % (name, settings[name].source) for name in odd)
        found = "%s: the course passes over it; your own pip in an environment fails" % said
        return Finding("settings", "optional", found, _undo(odd, settings))
    if is_set(settings, "no-index") and "find-links" not in settings:
        return Finding(
            "settings",
            "missing",
            "`no-index` (%s): pip asks no index" % settings["no-index"].source,
            _undo(["no-index"], settings),
        )
    names = [name for name in pip_settings.KEPT if name in settings]
    return Finding("settings", "ok", ", ".join(names) or "none")


def _undo(names: List[str], settings: Dict[str, Setting]) -> str:
    """Return what takes settings of pip's back, each where it comes from."""
    steps = []
    for name in names:
        source = settings[name].source
        if source.startswith("PIP_"):
            steps.append("unset " + source)
        else:
            steps.append("take the line `%s` out of %s" % (name, source))
    return "; ".join(steps)


def _variables() -> Finding:
    """Name the variables that change Python, which the course's own programs pass over."""
    odd = isolation.passed_over()
    if odd:
        said = ", ".join(odd) + ": the course passes over it; Python in your own shell does not"
        return Finding("variables", "optional", said, "unset " + " ".join(odd))
    return Finding("variables", "ok", "none that changes Python")


def _venv(python: str) -> Finding:
    done = subprocess.run(
        [python, "-I", "-c", "import venv, ensurepip"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=isolation.clean(dict(os.environ)),
    )
    if done.returncode == 0:
        return Finding("venv", "ok", "environments can be made")
    known = failure_causes.find("No module named venv")
    assert known is not None
    return Finding("venv", "missing", known.problem, known.remedy)


def _cache(settings: Dict[str, Setting]) -> Finding:
    """Look whether the installers may write their cache, below the home folder."""
    home = os.path.expanduser("~")
    place = os.environ.get("UV_CACHE_DIR", "") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "uv"
    )
    while not os.path.isdir(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    if _can_write(place):
        return Finding("cache", "ok", place)
    found = "%s cannot be written" % place
    return Finding("cache", "missing", found, failure_causes.OTHER_CACHE)


def _index(settings: Dict[str, Setting], root: str, python: str) -> Finding:
    """Ask the index for a package as setting up does: with pip, the one that Python brings."""
    told = settings.get("index-url")
    host = (urlsplit(told.value).hostname if told else "") or "the index"
    words = [python, "-I", "-c", pip_call.BROUGHT, "index", "versions", "uv", "--no-input"]
    words += ["--retries", "1", "--timeout", _PATIENCE]
    done = pip_call.run(words, pip_call.variables(dict(os.environ)))
    said = done.stdout.decode("utf-8", "replace").strip()
    known = failure_causes.find(said, root)
    # What pip passes over as long as another place has the package, uv does not.
    if done.returncode == 0 and "Could not fetch URL" not in said:
        return Finding("index", "ok", "%s answers" % host)
    state, more = "missing", ""
    if os.path.isdir(os.environ.get("COURSE_BUNDLE") or os.path.join(root, ".course", "bundle")):
        state, more = "optional", " (There is a bundle of packages.)"
    if known is not None:
        return Finding("index", state, "%s: %s%s" % (host, known.problem, more), known.remedy)
    last = said.splitlines()[-1] if said else "pip says nothing"
    return Finding("index", state, "%s: %s%s" % (host, last, more), "pip config list")
