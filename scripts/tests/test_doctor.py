"""The doctor says what a machine lacks, with the command that fixes it on that system."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests import small_course

from course import doctor, services
from course.commands.doctor import doctor as verb
from course.install import machine_checks
from course.install.machine_checks import Finding
from course.repository import Repository


@pytest.fixture(autouse=True)
def no_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps packages from being installed: see test_machine_checks."""
    found = [Finding("index", "missing", "no answer", "pip config list")]
    monkeypatch.setattr(machine_checks, "examine", lambda *_: found)


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """Let nothing but some programs be found on the path."""
    monkeypatch.setattr(
        shutil, "which", lambda name, **_: None if name in missing else f"/bin/{name}"
    )


def saying(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(doctor, "_say", lambda *_: said)


def found(subject: str, tmp_path: Path) -> Finding:
    by_subject = {finding.subject: finding for finding in doctor.examine(Repository(tmp_path))}
    return by_subject[subject]


def test_this_machine_can_run_the_course(tmp_path: Path) -> None:
    findings = doctor.examine(Repository(tmp_path))
    states = {finding.subject: finding.state for finding in findings}
    assert states["Python"] == states["git"] == states["folder"] == states["ports"] == "ok"
    assert findings[-1] == Finding("index", "missing", "no answer", "pip config list")
    assert set(states) >= {"make", "poetry", "disk", "Docker", "npm", "Chromium", *services.NAMES}
    # Whatever is lacking comes with a remedy.
    assert all(finding.remedy for finding in findings if finding.state != "ok")


@pytest.mark.parametrize(
    ("system", "git", "docker", "chromium"),
    [
        ("Linux", "sudo apt install git", "sudo apt install docker.io docker-compose-v2", "apt"),
        ("Darwin", "xcode-select --install", "brew install --cask docker", "brew"),
        ("Windows", "winget install Git.Git", "winget install Docker.DockerDesktop", "winget"),
    ],
)
def test_a_missing_program_comes_with_the_command_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    system: str,
    git: str,
    docker: str,
    chromium: str,
) -> None:
    names = (
        "git",
        "make",
        "poetry",
        "docker",
        "npm",
        "chromium",
        "chromium-browser",
        "google-chrome",
    )
    without(monkeypatch, *names, "chrome")
    saying(monkeypatch, "")
    monkeypatch.setattr(platform, "system", lambda: system)
    assert found("git", tmp_path) == Finding("git", "missing", "the chain is read with it", git)
    assert found("Docker", tmp_path).remedy == docker
    assert chromium in found("Chromium", tmp_path).remedy
    assert found("make", tmp_path).state == "optional"
    assert found("poetry", tmp_path).remedy == "pipx install poetry"
    assert found("npm", tmp_path).remedy == doctor.install_hint("npm", system)


def test_on_a_system_without_a_known_command_there_are_words() -> None:
    assert doctor.install_hint("git", "FreeBSD") == (
        "Install git with your system's package manager."
    )


def test_every_program_has_a_command_on_every_system() -> None:
    for name in doctor._INSTALL:
        for system in ("Linux", "Darwin", "Windows"):
            assert name in doctor._WINGET and doctor.install_hint(name, system)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("git version 2.38.0", "ok"),
        ("git version 2.45.1.windows.1", "ok"),
        ("git version 2.39.5 (Apple Git-154)", "ok"),
        ("git version 3.0.0", "ok"),
        ("git version 2.37.9", "missing"),
        ("git version 1.99.0", "missing"),
        ("xcode-select: note: no developer tools were found", "missing"),
    ],
)
def test_an_old_git_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, state: str
) -> None:
    saying(monkeypatch, said)
    assert found("git", tmp_path).state == state


def test_an_old_python_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0, "final", 0))
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.0")
    finding = found("Python", tmp_path)
    assert finding.state == "missing" and finding.found == "3.10.0; 3.11 or later is needed"


@pytest.mark.parametrize(("system", "start"), [("Linux", "systemctl"), ("Darwin", "open Docker")])
def test_docker_without_an_engine_says_how_to_start_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, start: str
) -> None:
    without(monkeypatch)
    saying(monkeypatch, "")
    monkeypatch.setattr(platform, "system", lambda: system)
    finding = found("Docker", tmp_path)
    assert finding.state == "optional" and start in finding.remedy


def test_docker_with_an_engine_is_there_and_so_is_a_browser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without(monkeypatch)
    saying(monkeypatch, "27.1.0")
    assert found("Docker", tmp_path) == Finding("Docker", "ok", "engine 27.1.0")
    assert found("Chromium", tmp_path).state == "ok"


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024**3))
    finding = found("disk", tmp_path)
    assert finding.state == "missing" and finding.found == "1.0 GiB free; 2 GiB are needed"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=9 * 1024**3))
    assert found("disk", tmp_path).state == "ok"


def test_a_folder_that_cannot_be_written_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine_checks, "_can_write", lambda _: False)
    assert found("folder", tmp_path).found == f"{tmp_path} cannot be written"


def test_ports_that_are_taken_are_named_and_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(doctor, "FIRST_PORT", port)
        finding = found("ports", tmp_path)
    assert finding.state == "ok" and finding.found.startswith(str(port))
    monkeypatch.setattr(doctor, "is_free", lambda _: True)
    assert found("ports", tmp_path).found.endswith("are free")


def test_a_service_that_cannot_run_here_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(services, "unavailable", lambda name: f"no {name} here")
    name = services.NAMES[0]
    assert found(name, tmp_path) == Finding(
        name, "optional", f"no {name} here", "docker compose up"
    )
    monkeypatch.setattr(services, "unavailable", lambda name: None)
    assert found(name, tmp_path).state == "ok"


def test_a_program_that_does_not_start_or_end_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert doctor._say("no-such-program-at-all") == ""

    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 10)

    monkeypatch.setattr(subprocess, "run", late)
    assert doctor._say("x") == ""


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("optional", 0), ("missing", 1)])
def test_the_verb_fails_only_if_something_needed_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str, code: int
) -> None:
    course = small_course.make(tmp_path, steps=1)
    monkeypatch.chdir(course.root)
    examine: Callable[[Repository], list[Finding]] = lambda _: [  # noqa: E731
        Finding("thing [x]", state, "/a [b]/c", "fix [it]")
    ]
    monkeypatch.setattr("course.commands.doctor.examine", examine)
    done = CliRunner().invoke(verb)
    assert done.exit_code == code
    assert "thing [x]" in done.output and "/a [b]/c" in done.output and "fix [it]" in done.output
