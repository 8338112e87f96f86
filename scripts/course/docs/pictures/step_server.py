"""A snapshot that runs from nothing, for its picture: fresh copy, fresh database, demo data."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course import processes
from course.catalogue import Command
from course.chain import Link
from course.docs.pictures.timestamps import CLOCK
from course.docs.site import Site
from course.errors import CourseError
from course.install import environments
from course.ports import HOST
from course.readiness import await_answer
from course.verify.sandbox import free_port
from course.workspace import Workspace, write_entries


@contextmanager
def served(site: Site, link: Link, workspace: Workspace) -> Iterator[str]:
    """Serve a snapshot for a while and yield its address, without a path.

    What it has in backing services goes with it.

    Raises:
        Missing: when this machine lacks a server that it needs.
        CourseError: when it cannot be made to run.
    """
    with workspace.briefly():
        try:
            with _running(site, link, workspace) as base:
                yield base
        except CourseError:
            if trouble := workspace.trouble():
                remedy = "This says nothing of the pictures. Try again: course docs screenshots"
                raise CourseError(f"{link.name}: {trouble}", remedy) from None
            raise


@contextmanager
def _running(site: Site, link: Link, workspace: Workspace) -> Iterator[str]:
    commands = link.step.commands
    if not commands.serve:
        raise CourseError(f"{link.name} has no server to take a picture of.", "Fix the list.")
    repository = site.chain.repository
    entries = site.entries(link)
    files = environments.files_named(site.chain.store, entries, commands.install)
    logs = repository.state_folder("logs")
    log = logs / f"pictures-{link.name}.log"
    made = environments.ensure(repository, commands.install, files, log)
    # Commands that want to can take the date of what they make from here
    # (reproducible-builds.org, "SOURCE_DATE_EPOCH").
    fixed = {"TZ": "UTC", "SOURCE_DATE_EPOCH": str(int(CLOCK.timestamp()))}
    env = environments.variables(repository, made) | fixed
    folder = workspace.new(link.step.slug)
    write_entries(site.chain.store, entries, folder)
    if link.step.services:
        env |= workspace.room(folder, link.step.services, site.chain.course.told)
    for command in (*commands.env, *commands.migrate, *commands.demo):
        _run(link, command, folder, env, log)
    port = free_port()
    server = commands.serve[0].fill(host=HOST, port=port)
    with log.open("ab") as output:
        child = _start(link, server, folder, env, output.fileno())
    try:
        base = f"http://{HOST}:{port}"
        problem = await_answer(
            child, base + link.step.settings.url, link.step.settings.start_timeout
        )
        if problem:
            raise CourseError(f"{link.name}: {problem}", f"Read {log}.")
        yield base
    finally:
        processes.end(child)


def _run(link: Link, command: Command, folder: Path, env: dict[str, str], log: Path) -> None:
    with log.open("ab") as output:
        variables = env | dict(command.variables)
        done = processes.run(
            [_program(link, command, env), *command.words[1:]],
            cwd=folder,
            env=variables,
            timeout=link.step.settings.timeout,
            log=output,
        )
    if done.code:
        raise CourseError(f"{link.name}: `{command}` failed.", f"Read {log}.")


def _start(
    link: Link, command: Command, folder: Path, env: dict[str, str], output: int
) -> subprocess.Popen[bytes]:
    return processes.start(
        [_program(link, command, env), *command.words[1:]],
        cwd=folder,
        env=env | dict(command.variables),
        stdout=output,
    )


def _program(link: Link, command: Command, env: dict[str, str]) -> str:
    found = shutil.which(command.words[0], path=env["PATH"])
    if found is None:
        raise CourseError(
            f"{link.name}: `{command}`: there is no program {command.words[0]}.", "course doctor"
        )
    return found
