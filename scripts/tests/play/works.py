"""Pieces of work in a playground that `kills` kills: each verb that writes there."""

from __future__ import annotations

from pathlib import Path

from course import take as taking
from course.chain import Chain
from course.play import file_changes
from course.play.folder import Playground
from course.repository import Repository

# The learner's files, in the playground of which `prepare` makes the template: content by path.
MINE = {
    "notes.py": "mine: notes",
    "own.py": "mine: another file",
    "deep/er/own.txt": "mine: deep",
    ".env": "mine: a secret",
    ".gitignore": ".env\n# mine\n",
}


def prepare(root: Path) -> None:
    """Begin a playground from the first step, and let the learner work in it."""
    chain = Chain(Repository(root))
    file_changes.begin(chain, chain.links[0], "play")
    for path, text in MINE.items():
        target = root / "playground" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def prepare_restore(root: Path) -> None:
    """Put that playground aside for another one, in which something was done, too."""
    prepare(root)
    play(root)
    (root / "playground" / "later.py").write_text("mine: later")


def play(root: Path) -> None:
    """Begin from the second step."""
    chain = Chain(Repository(root))
    file_changes.begin(chain, chain.links[1], "play")


def reset(root: Path) -> None:
    """Begin from the first step again."""
    chain = Chain(Repository(root))
    file_changes.begin(chain, Playground.find(chain).begun, "reset")


def solve(root: Path) -> None:
    """Take the solution."""
    playground = Playground.find(Chain(Repository(root)))
    file_changes.replace(playground, file_changes.solution(playground, []), "solve")


def take(root: Path) -> None:
    """Fetch one file."""
    chain = Chain(Repository(root))
    playground = Playground.find(chain)
    file_changes.replace(playground, taking.wanted(chain, chain.links[1], ["notes.py"]), "take")


def restore(root: Path) -> None:
    """Bring back what was put aside."""
    chain = Chain(Repository(root))
    file_changes.restore(chain, file_changes.backups(chain.repository)[0].name)


def check(root: Path) -> None:
    """Note that the step is finished."""
    file_changes.move_on(Playground.find(Chain(Repository(root))))
