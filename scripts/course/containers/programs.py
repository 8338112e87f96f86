"""The programs that run the pipelines of two forges on this machine: act, and gitlab-ci-local.

They are installed when a check needs them, in the versions that are pinned beside this module, and
never in a learner's project.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from course import environments, npm, processes
from course.catalogue import Command
from course.containers.engine import Engine, Unavailable
from course.repository import Repository, write_if_changed

PINNED = Path(__file__).with_name("pinned")
_PYTHON = "requirements.txt"
_NODE = ("package.json", "package-lock.json")
# The oldest version of Node.js that gitlab-ci-local runs on.
_NODE_MAJOR = 22
# What copies the project into the containers of gitlab-ci-local.
_HELPER = "course-gitlab-helper"


def act(repository: Repository) -> Path:
    """Return the program ``act``, which runs workflows of GitHub.

    Raises:
        CourseError: when it cannot be installed.
    """
    files = {_PYTHON: (PINNED / _PYTHON).read_bytes()}
    command = Command.parse(f"uv pip sync --require-hashes {_PYTHON}")
    log = repository.state_folder("logs") / "containers-act.log"
    return environments.ensure(repository, (command,), files, log).programs / "act"


def gitlab_ci_local(repository: Repository) -> list[str]:
    """Return the command ``gitlab-ci-local``, which runs pipelines of GitLab.

    Raises:
        Unavailable: when Node.js, npm or rsync is missing here.
    """
    if shutil.which("rsync") is None:
        raise Unavailable(
            "gitlab-ci-local needs rsync, which is not on the PATH.", "apt-get install rsync"
        )
    folder = repository.state_folder("containers-npm")
    for name in _NODE:
        write_if_changed(folder / name, (PINNED / name).read_bytes())
    program = npm.package(repository, "gitlab-ci-local", folder) / "dist" / "index.js"
    return [_node(folder), str(program)]


def helper_image(engine: Engine) -> str:
    """Return the name of an image with rsync, made if it is not there."""
    engine.build(_HELPER, PINNED / "gitlab-helper")
    return _HELPER


def versions() -> str:
    """Return the content of all that is pinned: what a remembered outcome depends on."""
    files = sorted(path for path in PINNED.rglob("*") if path.is_file())
    return "\0".join(f"{path.name}\0{path.read_text('utf-8')}" for path in files)


def _node(folder: Path) -> str:
    """Return a Node.js that is new enough: of this machine, or the pinned one."""
    found = shutil.which("node")
    if found is not None:
        done = processes.run([found, "--version"], cwd=folder, env=npm.variables(), timeout=30)
        match = re.match(r"v(\d+)\.", done.text)
        if match and int(match[1]) >= _NODE_MAJOR:
            return found
    for program in sorted(folder.glob("node_modules/node-*/bin/node")):
        return str(program)
    raise Unavailable(
        f"gitlab-ci-local needs Node.js {_NODE_MAJOR} or later.", "Install a newer Node.js."
    )
