"""Runs pip: its variables, and after which failures it is tried again.

``scripts/bootstrap.py`` uses it before anything is installed: see `course.install.pip_settings`.
"""

import subprocess
from typing import Dict, List

from course import isolation
from course.install import failure_causes, pip_settings

# Python brings a pip along, as a wheel, also where none is installed.
BROUGHT = """
import glob, os, runpy, sys
try:
    import pip
except ImportError:
    import ensurepip
    place = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl")
    sys.path[:0] = glob.glob(place) + glob.glob("/usr/share/python-wheels/pip-*.whl")
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__")
"""


def variables(environment: Dict[str, str]) -> Dict[str, str]:
    """Return the environment for pip, made of another one."""
    kept = pip_settings.without_pip(isolation.clean(environment))
    return dict(kept, **pip_settings.pip_variables(pip_settings.read()))


def run(
    words: List[str], env: Dict[str, str], cwd: str = "."
) -> "subprocess.CompletedProcess[bytes]":
    """Call pip; where it does not know the index's authority, again with the system's.

    Args:
        words: the command.
        env: its environment, as `variables` returns it.
        cwd: the folder that it runs in.

    Returns:
        The call that succeeded, or else the first one, with what it printed.
    """
    first = _attempt(words, env, cwd)
    if first.returncode == 0:
        return first
    known = failure_causes.find(first.stdout.decode("utf-8", "replace"))
    if known is None or known.kind == failure_causes.LOCK:
        # That an index refuses or does not answer, pip says only to those who want to know more.
        more = _attempt(words + ["-vv"], env, cwd).stdout.splitlines(True)
        first.stdout += b"".join(line for line in more if b"Could not fetch URL" in line)
    elif known.kind == failure_causes.AUTHORITY:
        for trust in pip_settings.more_to_trust(pip_settings.read()):
            again = _attempt(words, dict(env, **trust), cwd)
            if again.returncode == 0:
                return again
    return first


def _attempt(
    words: List[str], env: Dict[str, str], cwd: str
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=cwd)
