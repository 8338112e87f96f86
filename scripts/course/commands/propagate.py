"""``course propagate``: carry an edit of one step through all later steps."""

from __future__ import annotations

from pathlib import Path

import click

from course import console, journal, names
from course.journal import Recovered
from course.propagate import state as states
from course.propagate.carry import Outcome
from course.propagate.invisible_changes import Unseen
from course.propagate.operation import SIDES, Propagation, Report
from course.repository import Repository

# A list of files is cut off after this many; --dry-run names them all.
_NAMED = 5


@click.command()
@click.option("--from", "start", metavar="STEP", default="", help="Carry edits from this step on.")
@click.option("--base", metavar="REV", default="", help="Measure edits from this commit.")
@click.option("--dry-run", is_flag=True, help="Only say what would change and what would conflict.")
@click.option("--continue", "resume", is_flag=True, help="Go on after you fixed a conflict.")
@click.option("--abort", is_flag=True, help="Put every step back as it was before.")
def propagate(start: str, base: str, dry_run: bool, resume: bool, abort: bool) -> None:
    """Carry your edit of a step through all later steps.

    Every step that differs from the last commit is merged into the step after it, with git's own
    three-way merge, up to the end of the chain. At a conflict the step is written with markers:
    fix it, and go on with --continue, or put everything back with --abort.
    """
    if sum((dry_run, resume, abort)) > 1 or ((resume or abort) and (start or base)):
        raise click.UsageError("--dry-run, --continue and --abort stand alone.")
    if (resume or abort) and _is_done(resume):
        return
    with Propagation(Repository.find()) as propagation:
        if dry_run:
            show(propagation.preview(start=start, base=base), dry_run=True)
            _ignored(propagation)
            return
        if abort:
            report = propagation.abort()
            _said(report)
            console.note("Every step is as it was before the propagation.")
            return
        report = propagation.resume() if resume else propagation.begin(start=start, base=base)
        show(report, resumed=resume)
        _ignored(propagation)
    if report.stopped is not None:
        raise SystemExit(1)


def _is_done(resume: bool) -> bool:
    """Whether the same call was killed, and what was left of it was all that there was to do.

    A call of ``--continue`` may have come to another conflict, or have locks still to make.
    """
    context = click.get_current_context()
    found = context.find_root().obj
    if not isinstance(found, Recovered) or not found.finished or found.call != journal.call:
        return False
    state = states.load(Repository.find())
    if state is not None and state.stop is not None:
        return False
    if resume:
        with Propagation(Repository.find()) as propagation:
            report = propagation.begin()
        show(report, resumed=True)
        if report.stopped is not None:
            raise SystemExit(1)
    else:
        console.note("Every step is as it was before the propagation.")
    return True


def show(report: Report, *, dry_run: bool = False, resumed: bool = False) -> None:
    """Print what became of each link."""
    _said(report)
    for line in report.taken:
        console.note(line)
    if not resumed and not report.edited and not any(o.changed for o in report.outcomes):
        console.out.print("Nothing to carry: no step differs from the commit, or all was carried.")
        return
    table = console.plain_table("step", "")
    for outcome in report.outcomes:
        words = _words(outcome, dry_run)
        if words:
            table.add_row(outcome.link.name, console.escape(words))
    if table.row_count:
        console.out.print(table)
    for outcome in report.outcomes:
        if outcome.conflicts:
            _conflict(outcome, report.choices, dry_run)
    ended = sorted({path for outcome in report.outcomes for path in outcome.endings})
    if ended:
        console.warn(
            f"The edit changed the line endings (CRLF or LF) of {_names(ended, dry_run)}. That is"
            " not carried: each later step keeps its own, and gets the lines that you changed."
        )
    for outcome in report.outcomes:
        for change in outcome.unseen:
            _unseen(f"{outcome.link.folder}/{change.path}", change)
    for line in report.warnings:
        console.warn(line)
    if report.locked:
        console.note(f"Regenerated: {', '.join(report.locked)}")
    if report.unlocked:
        console.warn(
            f"Generated files could not be regenerated: {report.unlocked}\n  → course lock"
        )
    if report.stopped is None and not dry_run:
        console.note("Carried to the end. Prove it: course verify --changed")


def _unseen(path: str, change: Unseen) -> None:
    """Name a change that no editor shows; it is carried all the same."""
    rest = ", and nothing else in it differs" if change.only else ", beside what else you changed"
    undo = f"git checkout -- {names.word(path)}" if change.only else "save it without that"
    console.warn(
        f"{names.shown(path)} {' and '.join(change.words)}{rest}. Later steps get that as they get"
        f" any edit.\n  → if you did not mean it: {undo}, then: course propagate"
    )


def _ignored(propagation: Propagation) -> None:
    """Name the files of the chain that the person's own git would not add to a commit."""
    chain = propagation.chain
    found = chain.store.ignored_by_person(chain.tree)
    for source in sorted(set(found.values())):
        paths = [path for path in found if found[path] == source]
        console.warn(
            f"{source} has git ignore what the course has: {_names(paths, False)}\n"
            "  → git add --force FILE   (or, if it is no part of a step, name it in .gitignore)"
        )


def _said(report: Report) -> None:
    for line in report.said:
        console.note(line)
    for folder in report.backups:
        console.note(f"What was replaced and is not committed is in {folder}")


def _words(outcome: Outcome, dry_run: bool) -> str:
    """Return what a row of the table says of a link; empty for one that is out of it."""
    would = "would be " if dry_run else ""
    words = ["edited"] if outcome.edited else []
    if outcome.conflicts:
        words.append(f"conflict in {_names(sorted(outcome.conflicts), dry_run)}")
    elif outcome.copied and outcome.changed:
        words.append(f"{would}copied from the step before")
    elif outcome.changed:
        words.append(f"{would}changed" if dry_run else "changed")
    if outcome.solved:
        words.append(f"solved as before: {_names(sorted(outcome.solved), dry_run)}")
    if outcome.generated:
        words.append(f"taken over: {_names(sorted(outcome.generated), dry_run)}")
    if outcome.stale:
        words.append(f"to be regenerated: {_names(sorted(outcome.stale), dry_run)}")
    return "; ".join(words)


def _names(paths: list[str], everything: bool) -> str:
    return names.some([*map(names.shown, paths)], len(paths) if everything else _NAMED)


def _conflict(outcome: Outcome, choices: list[str], dry_run: bool) -> None:
    folder = outcome.link.folder
    for path in sorted(outcome.conflicts):
        console.fail(f"{names.shown(f'{folder}/{path}')} is in conflict")
    for message in outcome.messages:
        console.note(f"  {message}")
    if dry_run:
        console.note("  What follows is shown as if the step's own side had been chosen.")
        return
    for line in choices:
        console.note(f"  {line}")
    sides = Path(SIDES)
    console.note(
        f"  Fix the files in {folder}. All sides of each are in {sides.as_posix()}: before/ (what"
        " both had), step/ (this step's), edit/ (what reaches it).\n"
        "  → course propagate --continue   (or: course propagate --abort)"
    )
