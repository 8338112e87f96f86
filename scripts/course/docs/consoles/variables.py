"""The variables that console blocks run with: author of commits, programs, folders of pytest."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import course
from course.chain import Link
from course.install import bytecode, environments, package_index
from course.repository import Repository
from course.workspace import Workspace


def of_step(
    real: Repository, link: Link, files: Mapping[str, bytes], workspace: Workspace
) -> dict[str, str]:
    """Return the variables of a page's own environment of a step, which its commands may change.

    Args:
        real: the course.
        link: the step.
        files: those that its environment is made from.
        workspace: where the environment is made.
    """
    private = Repository(workspace.new("state"))
    log = real.state_folder("logs") / f"docs-{link.name}-install.log"
    made = environments.ensure(private, link.step.commands.install, files, log)
    bytecode.share(environments.folder(real, made.key), made.folder)
    env = package_index.variables() | environments.variables(private, made)
    return env | _common(real, workspace)


def of_course(real: Repository, workspace: Workspace) -> dict[str, str]:
    """Return variables with which ``course`` is this very tool.

    Args:
        real: the course.
        workspace: where the program ``course`` is made.
    """
    programs = workspace.new("programs")
    programs.mkdir()
    tool = programs / "course"
    tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m course "$@"\n')
    tool.chmod(0o755)
    env = environments.clean_variables() | _common(real, workspace)
    env["PATH"] = os.pathsep.join((str(programs), env.get("PATH", os.defpath)))
    env["PYTHONPATH"] = str(Path(course.__file__).parent.parent)
    return env


def _common(real: Repository, workspace: Workspace) -> dict[str, str]:
    """Return variables that hold wherever a block runs."""
    # pytest tidies what earlier runs of the same user left, and other pages run it, too.
    temporary = workspace.new("tmp")
    temporary.mkdir()
    return {
        "PRE_COMMIT_HOME": str(real.state_folder("pre-commit")),
        "PYTEST_DEBUG_TEMPROOT": str(temporary),
        **environments.PRINTING,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
