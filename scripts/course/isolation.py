"""Keeps other Python code out of the tool: which PYTHON variables are dropped, which are kept.

PYTHONPATH, the current folder or a ``usercustomize`` may hold another ``click`` than the one that
the tool is made for, and PYTHONWARNINGS turns what a library warns of into its end. So each program
of the course runs as Python's ``-I`` has it. This module is imported before that is sure: it
imports what every Python has loaded by itself, and is written for Python 3.6.
"""

import os
import sys

if False:  # for the types alone: `typing` is no module that Python has loaded by itself
    from typing import Dict, List  # noqa: F401

# Python's own variables that do not change what a program does; they hold for the tool, too.
_HARMLESS = (
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUTF8",
    "PYTHONIOENCODING",
    "PYTHONFAULTHANDLER",
    "PYTHONHASHSEED",
)
# Where the names of the others are remembered, for `course doctor`; the Makefile sets it, too.
_PASSED_OVER = "COURSE_PASSED_OVER"


def clean(environment):
    # type: (Dict[str, str]) -> Dict[str, str]
    """Return an environment without what changes how a Python program behaves."""
    return {
        name: value
        for name, value in environment.items()
        if name in _HARMLESS or not _is_pythons(name)
    }


def _is_pythons(name):
    # type: (str) -> bool
    # PYTHON is a variable of the Makefile, PYTHON_VERSION one of an image; what Python itself reads
    # by such a name (PYTHON_COLORS) changes no result.
    return name.startswith("PYTHON") and name != "PYTHON" and not name.startswith("PYTHON_")


def passed_over():
    # type: () -> List[str]
    """Return the names of the variables that the person has set and that the tool passes over."""
    now = set(os.environ) - set(clean(dict(os.environ)))
    return sorted(now | set(os.environ.get(_PASSED_OVER, "").split()))


def ensure(program):
    # type: (str) -> None
    """Start a program again in isolation, unless it runs so already.

    Of Python's variables, those that are harmless hold there as well, and the children of the
    program get no others.

    Args:
        program: the path of its file.
    """
    if sys.flags.isolated:
        os.environ[_PASSED_OVER] = " ".join(passed_over())
        for name in set(os.environ) - set(clean(dict(os.environ))):
            del os.environ[name]
        return
    words = [sys.executable] + options() + [program] + sys.argv[1:]
    if os.name == "nt":  # pragma: no cover (windows)
        # There, a program that starts another in its place is taken for ended.
        import subprocess

        raise SystemExit(subprocess.call(words))
    os.execv(sys.executable, words)


def options():
    # type: () -> List[str]
    """Return the options of Python that isolate, and what the harmless variables ask for.

    In isolation Python itself reads none of them.
    """
    found = ["-I"]
    if os.environ.get("PYTHONUTF8") == "1":
        found += ["-X", "utf8"]
    if os.environ.get("PYTHONUNBUFFERED"):
        found.append("-u")
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        found.append("-B")
    if os.environ.get("PYTHONPYCACHEPREFIX"):
        found += ["-X", "pycache_prefix=" + os.environ["PYTHONPYCACHEPREFIX"]]
    return found
