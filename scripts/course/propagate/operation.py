"""One propagation: begin, stop at a conflict, go on, put back; how many marks of it are kept."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from course import journal
from course.chain import Chain, Link
from course.errors import CourseError
from course.git import Entry
from course.journal import Plan, Remove, Write, Writer
from course.propagate import choices, committed as commits, generated_files, ideas, state as states
from course.propagate.carry import Outcome, carry, labels
from course.propagate.conflict_markers import marked_lines
from course.propagate.git_objects import Objects
from course.propagate.last_copies import last_copies
from course.propagate.lineage import Lineage
from course.propagate.merge import Merger, Stages
from course.propagate.resolutions import Resolutions
from course.propagate.state import State, Stop
from course.propagate.working_copy import plan_tree
from course.repository import Repository

SIDES = states.SIDES
# So many marks of what the tool wrote are kept: what is older counts as a person's.
_STAMPS = 200


@dataclass
class Report:
    """What a propagation did, for the code that prints it.

    Attributes:
        outcomes: what became of each link, in order, up to a conflict.
        stopped: the link that waits for a person.
        choices: files in conflict that bear no markers, each with what there is to choose.
        taken: files that were in conflict and ended as one of their sides, each with which one.
        warnings: signs that a link no longer shows its own idea.
        said: what the journal has to say.
        locked: generated files that were regenerated, by path from the root.
        unlocked: why generated files could not be regenerated; empty when they could.
        backups: where the only copies of replaced files lie.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: Outcome | None = None
    choices: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    unlocked: str = ""
    backups: list[Path] = field(default_factory=list)

    @property
    def edited(self) -> list[Outcome]:
        """The links that were edited themselves."""
        return [outcome for outcome in self.outcomes if outcome.edited]


class Propagation:
    """Carries the edits of a working copy through its chain.

    Args:
        repository: the course.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        # A chain that is half renumbered must not be read.
        said = journal.recover(repository)
        self.chain = Chain(repository)
        self.objects = Objects(self.chain.store)
        self.merger = Merger(self.objects)
        self.resolutions = Resolutions(self.objects)
        self._committed: dict[str, str] = {}
        self._said = said

    def __enter__(self) -> Propagation:
        return self

    def __exit__(self, *_: object) -> None:
        self.objects.close()
        self.merger.close()

    # -- the four ways to call it -------------------------------------------------------------

    def begin(self, *, start: str = "", base: str = "") -> Report:
        """Carry every edit through all later links, up to a conflict.

        Args:
            start: the first step whose edit is carried; empty for all.
            base: the commit to measure edits from; empty for the last one, less what was carried
                since.

        Raises:
            CourseError: when an earlier propagation waits, or the working copy cannot be used.
        """
        with journal.changing(self.repository, "propagate") as writer:
            first = self.chain.find(start) if start else None
            commit, working, trees, earlier, said = self._measure(base, "propagate")
            if said and earlier is not None:
                states.forget_stop(self.repository, earlier)
            writer.said += said
            self._refuse_marked_edits(working, trees, first)
            now = State(
                commit,
                start=first.step.slug if first else "",
                previous={**asdict(earlier), "previous": None} if earlier else None,
            )
            if earlier is not None and not base:
                # What no longer stands is forgotten for good.
                now.carried = dict(trees)
                now.written = {s: working[s] for s in earlier.written if s in working}
                now.relock, now.stamps = list(earlier.relock), list(earlier.stamps)
            if earlier is not None:
                now.older = earlier.memories()
            self.resolutions.forget()
            return self._go(writer, now, working, trees)

    def preview(self, *, start: str = "", base: str = "") -> Report:
        """Say what `begin` would do, and how far past a conflict the edits would reach.

        Nothing in the working copy or in the state is written.

        Raises:
            CourseError: as `begin`.
        """
        first = self.chain.find(start) if start else None
        _, working, trees, _, said = self._measure(base, "propagate --dry-run")
        self._refuse_marked_edits(working, trees, first)
        outcomes = carry(
            self.chain, self.objects, self.merger, trees, working, start=first, past_conflicts=True
        )
        result = {**working, **{o.link.step.slug: o.tree for o in outcomes}}
        warnings = ideas.warnings(self.chain, self.objects, trees, working, result)
        return Report(outcomes, warnings=warnings, said=[*self._said, *said])

    def resume(self) -> Report:
        """Go on after a conflict was fixed.

        Raises:
            CourseError: when nothing waits, or markers remain, with each file and line.
        """
        with journal.changing(self.repository, "propagate") as writer:
            now = self._stopped("continue")
            assert now.stop is not None
            self._committed = commits.trees(self.chain, self.objects, now.commit)
            working = self._working()
            self._refuse_put_back(now, working)
            stop, link = now.stop, self.chain.find(now.stop.slug)
            tree = working[stop.slug]
            self._refuse_markers(link, stop, tree, now)
            taken = choices.taken(self.objects, link.folder, tree, stop.stages(), stop.aside)
            self.resolutions.record(tree, stop.conflicts)
            shutil.rmtree(self.repository.root / SIDES, ignore_errors=True)
            now.written[stop.slug] = tree
            now.fixed.append(stop.slug)
            now.stop = None
            trees = self._lineage(working, now).bases()
            report = self._go(writer, now, working, trees)
            report.taken = taken
            return report

    def abort(self) -> Report:
        """Put every link back as it was before the propagation.

        What is there now and is not committed goes to the backups first.

        Raises:
            CourseError: when nothing waits.
        """
        with journal.changing(self.repository, "propagate") as writer:
            now = self._stopped("abort")
            self._committed = commits.trees(self.chain, self.objects, now.commit)
            working = self._working()
            plan = Plan(stamp=_now())
            lineage = self._lineage(working, now)
            taken = {**self._committed, **now.carried}
            last = self._last_copies(taken, working, {**working, **now.before})
            for link in self.chain:
                slug = link.step.slug
                if slug in now.before:
                    # What the tool wrote can be made again while its source is there.
                    plan_tree(
                        plan,
                        self.objects,
                        link.folder,
                        working[slug],
                        now.before[slug],
                        [self._committed[slug]],
                        lineage.own(link, last),
                    )
            if now.previous is not None:
                previous = states.parse(now.previous)
                previous.stamps.append(plan.stamp)
                self._plan_state(plan, previous)
            else:
                present = journal.entry_of(self.repository.root / states.FILE)
                assert present is not None
                plan.removals.append(Remove(states.FILE, present))
            report = Report()
            self._carry_out(writer, plan, report)
            self._end()
            report.said = [*self._said, *writer.said]
            return report

    # -- measuring ----------------------------------------------------------------------------

    def _working(self) -> dict[str, str]:
        found = self._trees()
        gone = commits.missing(self.chain, self.objects, self.chain.tree, self._committed)
        if gone:
            names = ", ".join(link.folder for link in gone)
            raise CourseError(
                f"{names}: the folder is missing or empty. To carry that would delete the files of"
                " every later step.",
                f"git checkout -- {gone[0].folder}   (or: course remove {gone[0].step.slug})",
            )
        return found

    def _measure(
        self, base: str, verb: str
    ) -> tuple[str, dict[str, str], dict[str, str], State | None, list[str]]:
        """Return what a propagation begins with.

        Returns:
            The commit to measure from, the working copy, what was carried already, the state that
            says so, and what a person should know about it.
        """
        earlier = states.load(self.repository)
        if earlier is not None and earlier.stop is None:
            earlier = self._readable(earlier)
        commit = commits.revision(self.chain, base or "HEAD")
        self._committed = commits.trees(self.chain, self.objects, commit)
        if earlier is None:
            return commit, self._working(), dict(self._committed), None, []
        said = []
        if earlier.stop is not None:
            slug = earlier.stop.slug
            lineage = self._lineage(self._trees(), earlier)
            if not lineage.put_back():
                raise lineage.refusal(verb)
            said = [
                f"The propagation that stopped at {slug!r} is forgotten: what it had written was"
                " put back since."
            ]
            if lineage.again:
                said[0] += f" Counted as your edits: {', '.join(lineage.again)}."
            earlier.stop = None
        working = self._working()
        if base:
            return commit, working, dict(self._committed), earlier, said
        earlier = self._brought_back(earlier, working)
        return commit, working, self._lineage(working, earlier).bases(), earlier, said

    def _brought_back(self, state: State, working: Mapping[str, str]) -> State:
        """Return a state with that of its memories which the working copy bears out best.

        That is the last one, unless git has brought back what was there before it: what was in
        the stash during a propagation was carried by an earlier one.
        """
        if working == self._committed:
            return state
        best, most = state, self._lineage(working, state).borne_out()
        for memory in state.older:
            candidate = replace(
                state,
                committed=memory["committed"],
                carried=memory["carried"],
                written=memory["written"],
            )
            if self._readable(candidate) is None:
                continue
            count = self._lineage(working, candidate).borne_out()
            if count > most:
                best, most = candidate, count
        return replace(best, older=state.memories())

    def _readable(self, state: State) -> State | None:
        """Return a state whose objects are all there; None if git has pruned some of them.

        The store borrows objects of commits, and a commit that was amended or reset may be gone:
        then edits are measured from the last commit alone.
        """
        trees = {*state.carried.values(), *state.written.values(), *state.committed.values()}
        try:
            for link in self.chain:
                slug = link.step.slug
                if slug in state.carried and slug in state.committed:
                    found = self.objects.differences(state.committed[slug], state.carried[slug])
                    names = {entry.blob for sides in found.values() for entry in sides if entry}
                    for name in sorted(names):
                        self.objects.read(name)
            for tree in sorted(trees):
                self.objects.level(tree)
        except CourseError:
            return None
        return state

    def _lineage(self, working: Mapping[str, str], state: State) -> Lineage:
        return Lineage(self.chain, self.objects, self._committed, working, state)

    def _trees(self) -> dict[str, str]:
        root = self.chain.tree
        return {link.step.slug: self.objects.subtree(root, link.folder) for link in self.chain}

    def _refuse_put_back(self, now: State, working: Mapping[str, str]) -> None:
        """Refuse to go on with a propagation of which nothing is left, not even the edit."""
        assert now.stop is not None
        clean = all(working[slug] == tree for slug, tree in self._committed.items())
        if clean and self._lineage(working, now).put_back():
            raise CourseError(
                "There is nothing to continue: what the propagation that stopped at"
                f" {now.stop.slug!r} had written was put back since, and no step is edited.",
                "course propagate",
            )

    def _stopped(self, word: str) -> State:
        now = states.load(self.repository)
        if now is None or now.stop is None:
            raise CourseError(
                f"There is nothing to {word}: no propagation waits.", "course propagate"
            )
        return now

    def _refuse_marked_edits(
        self, working: Mapping[str, str], trees: Mapping[str, str], start: Link | None
    ) -> None:
        """Refuse edits that hold git's markers: merged again, they would be nested.

        So it is with what a ``git merge`` left, or a propagation whose state is gone.
        """
        faults = []
        for link in self.chain:
            if link.is_copy or (start is not None and link.position < start.position):
                continue
            slug = link.step.slug
            for path, (old, new) in self.objects.differences(trees[slug], working[slug]).items():
                if new is not None and new.mode.startswith("100"):
                    known = self._known_lines([old, self.objects.file(self._committed[slug], path)])
                    faults += self._markers(link, path, new, known)
        if faults:
            raise CourseError(
                "\n".join(faults),
                "Fix these, then: course propagate   (indent a line that is meant so)",
            )

    def _refuse_markers(self, link: Link, stop: Stop, tree: str, now: State) -> None:
        faults = []
        own = now.before[stop.slug]
        for path in self.objects.differences(own, tree):
            entry = self.objects.file(tree, path)
            if entry is None or not entry.mode.startswith("100"):
                continue
            sides = stop.stages().get(path, Stages())
            known = self._known_lines([sides.ours, sides.theirs, self.objects.file(own, path)])
            faults += self._markers(link, path, entry, known)
        faults += [
            f"{link.folder}/{path}: put beside another file of its name; rename or delete it"
            for path in stop.aside
            if self.objects.file(tree, path) is not None
        ]
        if faults:
            raise CourseError("\n".join(faults), "Fix these, then: course propagate --continue")

    def _markers(self, link: Link, path: str, entry: Entry, known: frozenset[bytes]) -> list[str]:
        lines = marked_lines(self.objects.blob(entry.blob), known)
        return [f"{link.folder}/{path}:{line}: a conflict marker" for line in lines]

    def _known_lines(self, entries: list[Entry | None]) -> frozenset[bytes]:
        contents = (self.objects.blob(e.blob) for e in entries if e is not None)
        return frozenset(line for content in contents for line in content.split(b"\n"))

    # -- doing --------------------------------------------------------------------------------

    def _go(
        self, writer: Writer, now: State, working: Mapping[str, str], trees: Mapping[str, str]
    ) -> Report:
        start = self.chain.find(now.start) if now.start else None
        lineage = self._lineage(working, replace(now, written=dict(now.written)))
        now.committed = dict(self._committed)
        outcomes = carry(
            self.chain,
            self.objects,
            self.merger,
            trees,
            working,
            start=start,
            solve=self.resolutions.solve,
        )
        report = Report(outcomes)
        result = {**working, **{o.link.step.slug: o.tree for o in outcomes}}
        if outcomes[-1].conflicts:
            report.stopped = outcomes[-1]
        plan = Plan(stamp=_now())
        gone = self._last_copies(trees, working, result)
        for outcome in outcomes:
            slug = outcome.link.step.slug
            if outcome.changed or outcome.conflicts:
                now.before.setdefault(slug, outcome.working)
                plan_tree(
                    plan,
                    self.objects,
                    outcome.link.folder,
                    outcome.working,
                    outcome.tree,
                    [self._committed[slug]],
                    lineage.own(outcome.link, gone),
                )
            if slug not in now.relock and not outcome.copied:
                if outcome.stale or generated_files.needs_lock(
                    self.objects, trees[slug], outcome.tree
                ):
                    now.relock.append(slug)
        self._note_carried(now, outcomes, start)
        now.stamps = [*now.stamps[1 - _STAMPS :], plan.stamp]
        if report.stopped is not None:
            stop = self._plan_stop(plan, now, report.stopped)
            link, conflicts = report.stopped.link, report.stopped.conflicts
            report.choices = choices.offered(
                self.objects, link.folder, report.stopped.tree, conflicts, stop.aside, SIDES
            )
        elif not plan and not now.before and not now.relock and not report.edited:
            report.said = [*self._said, *writer.said]
            return report
        if report.stopped is None:
            report.warnings = ideas.warnings(self.chain, self.objects, trees, working, result)
            now.before, now.fixed, now.previous = {}, [], None
        self._plan_state(plan, now)
        self._carry_out(writer, plan, report)
        if report.stopped is None:
            self._finish(writer, now, result, report)
        report.said = [*self._said, *writer.said]
        return report

    def _last_copies(
        self, base: Mapping[str, str], working: Mapping[str, str], result: Mapping[str, str]
    ) -> set[tuple[str, str]]:
        return last_copies(self.objects, self.chain, self._committed, base, working, result)

    def _note_carried(self, now: State, outcomes: list[Outcome], start: Link | None) -> None:
        for outcome in outcomes:
            link = outcome.link
            before = self.chain.before(link)
            if before is None or (start is not None and before.position < start.position):
                continue
            now.carried[before.step.slug] = outcomes[before.position].tree
            now.written[link.step.slug] = outcome.tree

    def _plan_state(self, plan: Plan, now: State) -> None:
        expected = journal.entry_of(self.repository.root / states.FILE)
        plan.writes.append(Write(states.FILE, now.dump(), expected))

    def _plan_stop(self, plan: Plan, now: State, outcome: Outcome) -> Stop:
        """Write down where it stops, and all sides of each file in conflict for the person."""
        before = self.chain.before(outcome.link)
        assert before is not None
        ends = tuple(f"~{label}" for label in labels(before, outcome.link))
        own = self.objects.files(outcome.working)
        aside = [
            path
            for path in self.objects.files(outcome.tree)
            if path not in own
            and (path.endswith(ends) or path.rstrip("_0123456789").endswith(ends))
        ]
        now.stop = Stop(
            outcome.link.step.slug,
            {
                path: [
                    [side.mode, side.blob] if side is not None else None
                    for side in (stages.base, stages.ours, stages.theirs)
                ]
                for path, stages in outcome.conflicts.items()
            },
            list(outcome.messages),
            aside,
        )
        shutil.rmtree(self.repository.root / SIDES, ignore_errors=True)
        for path, stages in outcome.conflicts.items():
            sides = {"before": stages.base, "step": stages.ours, "edit": stages.theirs}
            for name, side in sides.items():
                if side is not None:
                    content = self.objects.blob(side.blob)
                    plan.writes.append(Write(f"{SIDES}/{name}/{path}", content, None, journal.FILE))
        return now.stop

    def _carry_out(self, writer: Writer, plan: Plan, report: Report) -> None:
        kept = writer.carry_out(plan)
        if kept is not None:
            report.backups.append(kept)
        self.chain.refresh()

    def _end(self) -> None:
        self.resolutions.forget()
        shutil.rmtree(self.repository.root / SIDES, ignore_errors=True)

    def _finish(self, writer: Writer, now: State, result: dict[str, str], report: Report) -> None:
        """Regenerate generated files where their sources changed, and remember the whole chain.

        What is to be regenerated stays in the state until it is, so that a call that was killed, or
        had no network, is made good by the next.
        """
        self._end()
        links = [link for link in self.chain if link.step.slug in now.relock]
        if not links:
            return
        try:
            from course.locks import regenerate

            content = regenerate.relock(self.chain, links)
        except CourseError as error:
            report.unlocked = str(error)
            return
        plan = Plan(stamp=_now())
        lineage = self._lineage(result, now)
        new = dict(result)
        for link in self.chain:
            slug = link.step.slug
            before = self.chain.before(link)
            if link.is_copy and before is not None:
                new[slug] = new[before.step.slug]
            prefix = link.folder + "/"
            files = {
                path.removeprefix(prefix): Entry(journal.FILE, self.objects.write_blob(data))
                for path, data in content.items()
                if path.startswith(prefix)
            }
            new[slug] = self.objects.edit(new[slug], files)
            known = [self._committed[slug]]
            plan_tree(
                plan,
                self.objects,
                link.folder,
                result[slug],
                new[slug],
                known,
                lineage.own(link),
            )
            if slug in now.carried:
                now.carried[slug] = new[slug]
            if slug in now.written:
                now.written[slug] = new[slug]
        report.locked = sorted(content)
        now.relock = []
        now.stamps.append(plan.stamp)
        self._plan_state(plan, now)
        self._carry_out(writer, plan, report)


def _now() -> int:
    """Return the time in nanoseconds, as exactly as most file systems keep it."""
    return time.time_ns() // 1000 * 1000
