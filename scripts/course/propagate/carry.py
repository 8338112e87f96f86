"""The merges of a whole chain, link by link, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from course.chain import Chain, Link
from course.git import Entry
from course.propagate import generated_files, invisible_changes, line_endings
from course.propagate.generated_files import Marks
from course.propagate.git_objects import Objects
from course.propagate.invisible_changes import Unseen
from course.propagate.merge import Merged, Merger, Stages

# Given a merge in conflict, returns the files in it that are solved as they were before.
Solve = Callable[[Link, Merged], Mapping[str, Entry]]


@dataclass
class Outcome:
    """What becomes of one link.

    Attributes:
        link: the link.
        working: its tree as it lay in the working copy.
        tree: its tree afterwards; in conflict, what git would leave.
        edited: whether it was edited itself.
        conflicts: the files that wait for a person.
        messages: what git said about them.
        solved: files whose conflict was solved as one before.
        generated: generated files taken over from the link before.
        stale: generated files that must be regenerated.
        copied: whether it was made as a copy of the link before.
        endings: files whose line endings the edit changed, which the link keeps as its own.
        unseen: what its own edit changes that no editor shows.
    """

    link: Link
    working: str
    tree: str
    edited: bool = False
    conflicts: Mapping[str, Stages] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    solved: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    copied: bool = False
    endings: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the working copy of the link is to change."""
        return self.tree != self.working


def labels(before: Link, link: Link) -> tuple[str, str]:
    """Return what stands beside the markers: the link's own side, and the edit that reaches it."""
    return link.name, f"edited-{before.name}"


def carry(
    chain: Chain,
    objects: Objects,
    merger: Merger,
    base: Mapping[str, str],
    working: Mapping[str, str],
    *,
    start: Link | None = None,
    solve: Solve | None = None,
    past_conflicts: bool = False,
) -> list[Outcome]:
    """Carry every edit through all later links.

    Args:
        chain: the chain.
        objects: the store's objects.
        merger: makes the merges.
        base: by slug, the tree that the next link has taken in (see `state.bases`).
        working: by slug, the tree in the working copy.
        start: the first link whose edit is carried.
        solve: solves again what was solved before.
        past_conflicts: go on after a conflict as if the later link's own side had been chosen, to
            see how far an edit reaches.

    Returns:
        What becomes of each link in order; without ``past_conflicts`` the last is the first one
        in conflict, if there is one.
    """
    marks = Marks(chain)
    touched = {
        path
        for link in chain
        if base[link.step.slug] != working[link.step.slug]
        for path in objects.differences(base[link.step.slug], working[link.step.slug])
    }
    if touched:
        marks.ask([link for link in chain if not link.is_copy], sorted(touched))
    outcomes: list[Outcome] = []
    result = dict(working)
    for link in chain:
        slug = link.step.slug
        outcome = Outcome(link, working[slug], working[slug], working[slug] != base[slug])
        outcomes.append(outcome)
        if outcome.edited and not link.is_copy:
            outcome.unseen = invisible_changes.changes(objects, base[slug], working[slug])
        before = chain.before(link)
        if before is None or (start is not None and before.position < start.position):
            continue
        previous = before.step.slug
        if link.is_copy:
            outcome.tree, outcome.copied = result[previous], True
        elif base[previous] != result[previous]:
            _merge(objects, merger, marks, outcome, before, base[previous], result[previous], solve)
        result[slug] = outcome.tree
        if outcome.conflicts:
            if not past_conflicts:
                break
            own = {path: objects.file(working[slug], path) for path in outcome.conflicts}
            result[slug] = objects.edit(outcome.tree, own)
    return outcomes


def _merge(
    objects: Objects,
    merger: Merger,
    marks: Marks,
    outcome: Outcome,
    before: Link,
    base: str,
    theirs: str,
    solve: Solve | None,
) -> None:
    """Merge the edit of the link before into an outcome's link."""
    made = marks.generated(outcome.link, list(objects.differences(base, theirs)))
    taken, stale = generated_files.take_over(objects, made, base, outcome.working, theirs)
    # A generated file that looks untouched to the merge stays as the later link has it.
    plain = objects.edit(theirs, {path: objects.file(base, path) for path in made})
    base, plain, ended = line_endings.as_in(objects, outcome.working, base, plain)
    outcome.endings = tuple(ended)
    merged = merger.merge(base, outcome.working, plain, labels(before, outcome.link))
    tree, conflicts = merged.tree, dict(merged.conflicts)
    if conflicts and solve is not None:
        solved = solve(outcome.link, merged)
        tree = objects.edit(tree, solved)
        conflicts = {path: stages for path, stages in conflicts.items() if path not in solved}
        outcome.solved = tuple(solved)
    outcome.tree = objects.edit(tree, taken)
    outcome.conflicts = conflicts
    outcome.messages = merged.messages if conflicts else ()
    outcome.generated = tuple(taken)
    outcome.stale = tuple(stale)
