"""One pipeline of a snapshot, really run: green as it is, and red with a planted failing test.

A pipeline that nobody has seen fail proves nothing: it may test another folder, or ignore what the
tests say. So a pushed commit is played twice, the second time with a file that breaks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from course import git, processes, workspace
from course.catalogue import Pipeline
from course.chain import Chain, Link
from course.containers import programs
from course.containers.engine import Engine
from course.planted_faults import Wrong, ending
from course.workspace import Workspace

# Each forge with its name, and how the containers of its runner begin.
FORGES = {"github": "GitHub Actions", "gitlab": "GitLab CI"}
_PREFIXES = {"github": "act-", "gitlab": "gcl-"}
# What `docker run` may take on a slow machine, with two jobs that install packages, and test.
_TIMEOUT = 1800.0


@dataclass(frozen=True)
class Runner:
    """Runs the pipelines of snapshots on this machine.

    Attributes:
        chain: the course.
        engine: where the jobs get their containers.
        space: where the copies are made.
    """

    chain: Chain
    engine: Engine
    space: Workspace

    def prove(self, link: Link, pipeline: Pipeline) -> dict[str, float]:
        """Run a pipeline twice, and return the seconds of both runs, ``green`` and ``red``.

        Raises:
            Wrong: when it fails as it is, or passes with what is planted.
            Unavailable: when this machine lacks a program.
            CourseError: when a program cannot be installed.
        """
        log = self._log(link, pipeline, "green")
        green = self._run(link, pipeline, {}, "", log)
        if green.code:
            raise Wrong(f"it fails: {ending(green)}", log)
        log = self._log(link, pipeline, "red")
        red = self._run(link, pipeline, pipeline.planted, pipeline.job, log)
        planted = ", ".join(pipeline.planted)
        if not red.code:
            raise Wrong(f"it passes, although {planted} was planted to make it fail.", log)
        if pipeline.says not in click.unstyle(red.text):
            raise Wrong(f"with {planted}, it fails, but for another reason: {ending(red)}", log)
        return {"green": round(green.seconds, 1), "red": round(red.seconds, 1)}

    def _run(
        self, link: Link, pipeline: Pipeline, planted: Mapping[str, str], job: str, log: Path
    ) -> processes.Finished:
        """Play a push; ``job`` alone, if one is named. What was printed is kept in the log."""
        folder = self._pushed(link, pipeline.branch, planted)
        argv, env = self._command(pipeline, job, folder)
        with self.engine.swept(_PREFIXES[pipeline.forge]):
            done = processes.run(argv, cwd=folder, env=env, timeout=_TIMEOUT)
        log.write_bytes(done.output)
        if done.timed_out:
            raise Wrong(f"it was not done after {_TIMEOUT / 60:.0f} minutes.", log)
        return done

    def _pushed(self, link: Link, branch: str, planted: Mapping[str, str]) -> Path:
        """Return a clone of a project in which the snapshot is committed on the branch."""
        folder = self.space.new(link.step.slug)
        workspace.write_entries(self.chain.store, self.chain.entries(link), folder)
        for name, text in planted.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        push(folder, branch, f"course/{link.step.slug}")
        return folder

    def _command(
        self, pipeline: Pipeline, job: str, folder: Path
    ) -> tuple[list[str], dict[str, str]]:
        repository = self.chain.repository
        if pipeline.forge == "gitlab":
            argv, env = programs.gitlab(repository, self.space, self.engine)
            return argv + ([job] if job else []), env
        # Without it, act takes any branch that points at the commit.
        content = {"ref": f"refs/heads/{pipeline.branch}"}
        argv, env = programs.github(repository, self.space, "push", content)
        # A job without `container:` gets this image.
        argv += ["--platform", f"ubuntu-latest={pipeline.image}", "--container-daemon-socket", "-"]
        return argv + (["--job", job] if job else []), env

    def _log(self, link: Link, pipeline: Pipeline, colour: str) -> Path:
        folder = self.chain.repository.state_folder("logs")
        return folder / f"containers-{link.name}-{pipeline.forge}-{colour}.log"


def push(folder: Path, branch: str, project: str) -> None:
    """Make a folder the clone of a project of a forge, with one commit on a branch."""
    workspace.make_repository(folder)
    git.run(["branch", "--move", branch], cwd=folder)
    # gitlab-ci-local takes the names of group and project from the remote.
    git.run(["remote", "add", "origin", f"git@gitlab.example:{project}.git"], cwd=folder)
