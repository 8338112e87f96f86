"""Propagation does what ``git rebase`` does with the same edit over the same chain.

``COURSE_EXAMPLES=500 pytest …`` tries as many random cases; a seed that failed once belongs in
`SEEDS`.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from course import history
from course.chain import Chain
from course.propagate.carry import Outcome
from course.propagate.conflict_markers import marked_lines
from course.propagate.git_objects import Objects
from course.propagate.merge import Stages
from course.propagate.operation import Propagation
from course.repository import Repository
from tests import propagation_chains as made

EXAMPLES = int(os.environ.get("COURSE_EXAMPLES", "10"))
LENGTH = 30
# A few chains serve all edits: to make one takes longer than to edit it.
CHAINS = max(3, EXAMPLES // 25)

# Cases that failed once: (chain, edit).
SEEDS = [
    # Both sides renamed a file: git leaves the same merged text under both names, with longer
    # markers.
    (13, 273),
    # A file in the way of a renamed folder: git stops, and yet no file has more than one side.
    (28, 576),
]


class Course:
    """A random course, committed, and the same chain for git to rebase."""

    def __init__(self, folder: Path, seed: int) -> None:
        root = folder / "course"
        self.snapshots = made.chain(seed, LENGTH)
        self.repository = made.make(root, self.snapshots)
        history.write(Chain(self.repository))
        self.rebase = made.Rebase(root.parent / "rebase", root, "history")

    def put_back(self) -> None:
        made.sh(self.repository.root, "checkout", "-q", "-f", "--", "steps")
        made.sh(self.repository.root, "clean", "-fdq")
        state = self.repository.state / "propagate/state.json"
        state.unlink(missing_ok=True)
        self.rebase.abort()


class Courses:
    """Random courses by seed, each made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[int, Course] = {}

    def __getitem__(self, seed: int) -> Course:
        if seed not in self._made:
            self._made[seed] = Course(self.folder / str(seed), seed)
        return self._made[seed]


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> Courses:
    return Courses(tmp_path_factory.mktemp("courses").resolve())


def trees(repository: Repository) -> list[str]:
    chain = Chain(repository)
    with Objects(chain.store) as objects:
        return [objects.subtree(chain.tree, link.folder) for link in chain]


def compare(courses: Courses, chain_seed: int, edit_seed: int) -> int:
    """Edit some links at random, and compare every link and every conflict with git's.

    Returns:
        How many conflicts there were.
    """
    case = courses[chain_seed]
    case.put_back()
    root, rng = case.repository.root, random.Random(edit_seed)
    places = {0} if rng.randrange(3) else {rng.randrange(LENGTH)}
    places |= {rng.randrange(LENGTH) for _ in range(rng.choice((0, 0, 0, 1, 3)))}
    for place in places:
        files = made.edit(rng, case.snapshots[place], rng.randrange(1, 4))
        made.write(root / made.folder_of(place), files)
    committed = [case.rebase.tree_of(commit) for commit in case.rebase.commits]
    working = trees(case.repository)
    edited = [at for at in range(LENGTH) if working[at] != committed[at]]
    conflicts = 0
    with Propagation(case.repository) as propagation:
        propagation.resolutions.solve = lambda link, merged: {}  # type: ignore[method-assign]
        report = propagation.begin()
    expected = list(working)
    stops = _rebased(case, working, edited, expected)
    for place, sides, resolution in stops:
        conflicts += 1
        assert report.stopped is not None, f"git stopped at {place + 1}"
        assert report.stopped.link.position == place
        found, wanted = _conflicts(report.stopped), made.swapped(sides)
        assert _plain(case, found) == _plain(case, wanted), report.stopped.messages
        assert trees(case.repository)[place] == report.stopped.tree
        made.write(root / made.folder_of(place), resolution)
        with Propagation(case.repository) as propagation:
            propagation.resolutions.solve = lambda link, merged: {}  # type: ignore[method-assign]
            report = propagation.resume()
    assert report.stopped is None, f"stopped at {report.stopped.link.name}, and git did not"
    assert trees(case.repository) == expected
    return conflicts


def _conflicts(stopped: Outcome) -> dict[str, dict[str, tuple[str, str]]]:
    """Return a link's conflicts in the form that `made.swapped` gives git's."""
    found = {}
    for path, stages in stopped.conflicts.items():
        if stages == Stages():
            continue
        sides = zip("123", (stages.base, stages.ours, stages.theirs), strict=True)
        path = re.sub(r"~edited-\d\d-s\d+", "~edit", path)
        path = re.sub(r"~\d\d-s\d+", "~step", path)
        found[path] = {n: (side.mode, side.blob) for n, side in sides if side is not None}
    return found


def _plain(case: Course, conflicts: made.Conflicts) -> dict[str, dict[str, tuple[str, bytes]]]:
    """Return conflicts with the content of each side, without what the two sides are called.

    Where both sides renamed a file, git shows it merged as far as it goes on each of them, markers
    included; and a rebase has the sides the other way round.
    """
    found: dict[str, dict[str, tuple[str, bytes]]] = {}
    for path, stages in conflicts.items():
        for number, (mode, blob) in stages.items():
            content = made.blob(case.rebase.folder, blob)
            if marked_lines(content):
                lines = content.split(b"\n")
                markers = (b"<<<<<<<", b"=======", b">>>>>>>")
                content = b"\n".join(sorted(n for n in lines if not n.startswith(markers)))
            found.setdefault(path, {})[number] = (mode, content)
    return found


# Where git stopped, its sides of each conflict, and the files that are taken as the solution.
Stops = Generator[tuple[int, dict[str, dict[str, tuple[str, str]]], made.Files], None, str]


def _rebased(case: Course, working: list[str], edited: list[int], result: list[str]) -> Stops:
    """Rebase the edits with git, yield each stop, and write the trees into ``result``."""
    rebase, commits, tip = case.rebase, case.rebase.commits, ""
    for number, place in enumerate(edited):
        parent = commits[place - 1] if place else None
        own = rebase.commit(working[place], parent)
        if tip and parent:
            tip = yield from _carried(case, (tip, parent, own), place, result, working)
        else:
            tip = own
        end = edited[number + 1] if number + 1 < len(edited) else LENGTH
        if place + 1 < end:
            segment = (tip, commits[place], commits[end - 1])
            tip = yield from _carried(case, segment, place + 1, result, working)
    return tip


def _carried(
    case: Course, segment: tuple[str, str, str], begin: int, result: list[str], working: list[str]
) -> Stops:
    """Rebase onto the first commit what lies after the second up to the third."""
    rebase, onto = case.rebase, segment[0]
    done = rebase.run(*segment)
    while not done:
        place = begin + len(rebase.made(onto))
        files = made.read(case.repository.root / made.folder_of(place))
        own = made.sh(rebase.folder, "ls-tree", "-r", "--name-only", "-z", working[place])
        resolution: made.Files = {
            path: (mode, content.replace(b"<<<<<<<", b"").replace(b">>>>>>>", b""))
            for path, (mode, content) in files.items()
            if path in own.split("\0")
        }
        resolution[f"resolved {place}.txt"] = (made.FILE, b"so\n")
        yield place, rebase.conflicts(), resolution
        done = rebase.resolve(trees(case.repository)[place])
    new = rebase.made(onto)
    result[begin : begin + len(new)] = new
    return made.sh(rebase.folder, "rev-parse", "HEAD")


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES <= 10,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, CHAINS - 1), st.integers(0, 2**32))
def test_every_link_is_as_after_git_rebase(
    courses: Courses, chain_seed: int, edit_seed: int
) -> None:
    compare(courses, chain_seed, edit_seed)


@pytest.mark.parametrize(("chain_seed", "edit_seed"), SEEDS)
def test_cases_that_failed_once(courses: Courses, chain_seed: int, edit_seed: int) -> None:
    compare(courses, chain_seed, edit_seed)
