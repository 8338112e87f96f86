"""Installs act and gitlab-ci-local: their pinned versions, the Node they need, a helper image.

They are installed when a check needs them, in the versions that are pinned beside this module, and
never in a learner's project.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from course import processes
from course.catalogue import Command
from course.containers.engine import Engine, Unavailable
from course.containers.engine import variables as engine_variables
from course.install import environments, npm
from course.repository import Repository
from course.workspace import Workspace

PINNED = Path(__file__).with_name("pinned")
_PYTHON = "requirements.txt"
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
    package = npm.pinned(repository, "gitlab-ci-local", folder, PINNED)
    return [_node(folder), str(package / "dist" / "index.js")]


def github(
    repository: Repository, space: Workspace, event: str, content: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Return a command of act that plays an event of GitHub, and its environment.

    Args:
        repository: the course.
        space: where the run gets a home of its own.
        event: the event.
        content: what GitHub tells of it.
    """
    home = _home(space)
    file = home / "event.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    argv = [str(act(repository)), event, "--eventpath", str(file), "--rm"]
    # Nothing is fetched that is there already.
    argv += ["--pull=false", "--action-offline-mode"]
    argv += ["--cache-server-addr", "127.0.0.1", "--artifact-server-addr", "127.0.0.1"]
    env = {**environments.clean_variables(), **engine_variables()}
    return argv, env | {"XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}


def gitlab(
    repository: Repository, space: Workspace, engine: Engine
) -> tuple[list[str], dict[str, str]]:
    """Return a command of gitlab-ci-local that plays a pipeline, and its environment.

    Args:
        repository: the course.
        space: where the run gets a home of its own.
        engine: where its helper image is.
    """
    argv = [*gitlab_ci_local(repository), "--home", str(_home(space)), "--no-color"]
    argv += ["--pull-policy", "if-not-present", "--helper-image", helper_image(engine)]
    return argv, {**npm.variables(), **engine_variables(), "GIT_CONFIG_GLOBAL": os.devnull}


def helper_image(engine: Engine) -> str:
    """Return the name of an image with rsync, made if it is not there."""
    engine.build(_HELPER, PINNED / "gitlab-helper")
    return _HELPER


def versions() -> str:
    """Return the content of all that is pinned: what a remembered outcome depends on."""
    files = sorted(path for path in PINNED.rglob("*") if path.is_file())
    return "\0".join(f"{path.name}\0{path.read_text('utf-8')}" for path in files)


def _home(space: Workspace) -> Path:
    folder = space.new("home")
    folder.mkdir(parents=True)
    return folder


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
