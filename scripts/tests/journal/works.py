"""Pieces of work that `kills` kills: one plan of every kind, a propagation, an insertion."""

from __future__ import annotations

import os
from pathlib import Path

from course import journal
from course.git import Entry
from course.journal import LINK, PROGRAM, Move, Plan, Remove, Write
from course.propagate.operation import Propagation
from course.repository import Repository
from course.restructure import steps


def entry(root: Path, path: str) -> Entry:
    found = journal.entry_of(root / path)
    assert found is not None
    return found


def template(root: Path) -> None:
    """Make what `every_kind` changes."""
    for path, text in {
        "steps/01-a/f.txt": "one",
        "steps/01-a/.env": "a secret",
        "steps/01-a/deep/only.txt": "gone soon",
        "steps/02-b/becomes-folder": "a file",
        "steps/02-b/becomes-file/inner.txt": "inner",
        "steps/02-b/kept.txt": "nowhere else",
        "steps/02-b/program": "run me",
        "other.txt": "not touched",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    os.chmod(root / "steps/02-b/kept.txt", 0o600)
    os.symlink("f.txt", root / "steps/02-b/link")


def plan(root: Path) -> Plan:
    """Return a plan with every kind of intention."""
    return Plan(
        moves=[Move("steps/02-b", "steps/03-b"), Move("steps/01-a", "steps/02-a")],
        removals=[
            Remove("steps/02-a/deep/only.txt", entry(root, "steps/01-a/deep/only.txt"), keep=True),
            Remove("steps/03-b/becomes-folder", entry(root, "steps/02-b/becomes-folder")),
            Remove(
                "steps/03-b/becomes-file/inner.txt",
                entry(root, "steps/02-b/becomes-file/inner.txt"),
            ),
        ],
        writes=[
            Write("steps/02-a/f.txt", b"two", entry(root, "steps/01-a/f.txt")),
            Write("steps/03-b/becomes-folder/inner", b"new", None),
            Write("steps/03-b/becomes-file", b"new", None),
            Write("steps/03-b/kept.txt", b"new", entry(root, "steps/02-b/kept.txt"), keep=True),
            Write("steps/03-b/program", b"run", entry(root, "steps/02-b/program"), PROGRAM),
            Write("steps/03-b/link", b"program", entry(root, "steps/02-b/link"), LINK),
            Write("steps/01-new/f.txt", b"new", None),
        ],
    )


def every_kind(root: Path) -> None:
    """Carry out `plan`."""
    with journal.changing(Repository(root), "test") as writer:
        writer.carry_out(plan(root))


def propagation(root: Path) -> None:
    """Carry the edits that be in a course."""
    with Propagation(Repository(root)) as work:
        work.begin()


def insertion(root: Path) -> None:
    """Insert a step after the first."""
    steps.new(Repository(root), "1", "fresh")
