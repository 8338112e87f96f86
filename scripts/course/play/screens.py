"""The texts that a learner reads: lines and columns, words for a file's state, next commands."""

from __future__ import annotations

from collections.abc import Sequence

from course import names
from course.chain import Chain, Link
from course.play import progress as progress_of, sections
from course.play.diagnosis import Difference, Mistake, changed_since, symbol_at
from course.play.file_changes import Backup, Changed
from course.play.folder import NAME, Playground
from course.play.next_step_tests import Trial

# A screen as small as one is likely to be.
_LINES, _COLUMNS = 24, 80
_MOST_NAMES = 4
_STATES = {
    "missing": "missing in yours",
    "extra": "in yours alone",
    "to go": "still there in yours; the step takes it away",
}
_SIGNS = {"new": "+", "replaced": "~", "deleted": "−", "same": "="}


def where(playground: Playground) -> list[str]:
    """Say which step a learner has, and which is next."""
    have = f"You have {progress_of.named(playground.begun)}"
    aim = playground.aim
    if aim is None:
        return [f"{have}: that is the last step."]
    lines = [f"{have}; the next is {aim.name}: {aim.step.title}."]
    page = sections.address(playground.chain, aim)
    if page:
        lines.append(f"  its page    {page}   (course docs serve shows it)")
    return lines


def ways(playground: Playground) -> list[str]:
    """Say what can be done now."""
    if playground.aim is None:
        return []
    return [
        f"  do it in    {NAME}/",
        "  is it right? course check      stuck? course hint",
    ]


def kept(backup: Backup | None) -> list[str]:
    """Say what was put aside, and how to get it back."""
    if backup is None or not (backup.files or backup.made):
        return []
    if not backup.files:
        return [f"To undo that: {backup.remedy}"]
    if backup.whole:
        what = f"What was in {NAME}/ is"
    else:
        what = f"{_files(backup.files)} {'is' if backup.files == 1 else 'are'}"
    return [f"{what} kept as a backup. To get it back: {backup.remedy}"]


def changed_course(playground: Playground) -> list[str]:
    """Say what the course changed since the learner began."""
    lines = []
    for name, paths in changed_since(playground).items():
        lines.append(f"{name} changed since you started it: {_some(paths)}")
    if lines:
        lines.append("  Yours stays as it is; course reset begins again from what it is now.")
    return lines


def changes(done: Changed) -> list[str]:
    """Say which files were made, replaced or taken away."""
    lines = [
        f"  {_SIGNS[state]} {names.shown(path)}  {state}" for path, state in done.files.items()
    ]
    return [*lines, *done.said, *kept(done.backup)]


def passed(trial: Trial, before: Difference, playground: Playground) -> list[str]:
    """Say that a step is finished, and what comes next.

    Args:
        trial: its tests.
        before: what the playground and the step do not have alike.
        playground: the playground, moved on.
    """
    count = f"{trial.passed} test{'s' if trial.passed != 1 else ''}"
    lines = [f"{trial.link.name} is done: all of its {count} pass."]
    differing = [path for path in before.own if before.state(path) not in ("extra", "missing")]
    if differing:
        lines.append(
            f"  Yours differs from the step in {_some(differing)}. That may be as good:"
            f" course compare {trial.link.label}"
        )
    lines += [f"  note: {note}" for note in trial.notes]
    if playground.begun != trial.link:
        lines.append(f"  Meanwhile, your {NAME}/ was begun again.")
    return [*lines, "", *where(playground), *ways(playground)]


def unwritten(trial: Trial, difference: Difference, paths: Sequence[str]) -> list[str]:
    """Say that the tests pass, and that files of the step are still to be written."""
    count = f"{trial.passed} test{'s' if trial.passed != 1 else ''}"
    which = f"the {count} of the step itself" if trial.ended_early else f"all of its {count}"
    solve = f"course solve {names.word(paths[0])}"
    return [
        f"{trial.link.name}: {which} pass. Still to be written: {_some(paths)}.",
        "",
        f"  → course hint   course compare   {solve}   and then: course check",
        "  To go on without: course check --done",
    ]


def failed(
    difference: Difference,
    mistakes: Sequence[Mistake],
    trial: Trial | None,
    above: int = 0,
    left: Sequence[str] = (),
) -> list[str]:
    """Say what is wrong, in one screen.

    Args:
        difference: what the playground and the step do not have alike.
        mistakes: the mistakes, the weightiest first.
        trial: the tests; None when it did not come to them.
        above: how many lines stand on the screen already.
        left: how much of the page is still to do; it says more than what fails because of it.
    """
    aim = difference.aim
    if trial is None:
        count = f"{len(mistakes)} file{'s' if len(mistakes) != 1 else ''} cannot be read"
        head = f"{aim.name}: not yet. {count}, so no test was run."
    elif trial.failed:
        total = trial.passed + len(trial.failed)
        early = f"; {trial.ended_early}" if trial.ended_early else ""
        head = f"{aim.name}: not yet. {len(trial.failed)} of {total} tests fail{early}."
    elif trial.commands:
        head = f"{aim.name}: not yet. {_plural_commands(trial)}"
    else:
        which = "The tests of the step itself" if trial.ended_early else "Its tests"
        head = f"{aim.name}: not yet. {which} pass, but something was forgotten."
    end = ["", *_ways_on(difference, mistakes)]
    if trial is not None:
        end.append(f"  all that was printed: {_relative(difference, trial)}")
    # The line that says how many more there are, and the one for the next prompt.
    lines, shown = [head, *left], 0
    room = _LINES - above - _height([*lines, *end]) - 3
    for mistake in mistakes:
        part = ["", *_of_mistake(difference, shown + 1, mistake)]
        if shown and _height(part) > room:
            break
        lines += part
        room -= _height(part)
        shown += 1
    more = len(mistakes) - shown
    return [*lines, *(["", f"… and {more} more; fix these first."] if more else []), *end]


def _ways_on(difference: Difference, mistakes: Sequence[Mistake]) -> list[str]:
    aim = difference.aim
    if not difference.files:
        return [f"  Every file is as in {aim.name}: → course verify {aim.label}"]
    # What is in the learner's files alone, no step has.
    paths = (m.path for m in mistakes if m.path in difference.files)
    solved = next((path for path in paths if difference.state(path) != "extra"), "")
    solve = f"   course solve {names.word(solved)}" if solved else ""
    return [f"  → course hint   course compare{solve}   and then: course check"]


def _relative(difference: Difference, trial: Trial) -> str:
    root = difference.playground.chain.repository.root
    return trial.log.relative_to(root).as_posix() if trial.log.is_relative_to(root) else ""


def _height(lines: Sequence[str]) -> int:
    """Return how many lines of a small screen some lines take."""
    return sum(max(1, -(-len(line) // _COLUMNS)) for line in lines)


def _plural_commands(trial: Trial) -> str:
    failing = [f"`{failure.name}`" for failure in trial.commands]
    return f"{', '.join(failing[:2])} {'fails' if len(failing) == 1 else 'fail'}."


def answer(difference: Difference, mistakes: Sequence[Mistake]) -> list[str]:
    """Say what is wrong, however long that is, and not how many tests say so."""
    lines: list[str] = []
    for number, mistake in enumerate(mistakes, 1):
        lines += ["", *_of_mistake(difference, number, mistake, counted=False)]
    return lines[1:]


def _of_mistake(
    difference: Difference, number: int, mistake: Mistake, *, counted: bool = True
) -> list[str]:
    lines = [f"{number}  {_place(difference, mistake)}"]
    rows = []
    tests = mistake.tests
    if tests:
        others = names.more(len(tests) - 1) if counted else ""
        kind = "test" if tests[0].is_test else "command"
        rows.append((kind, f"{tests[0].title}{_where(difference, mistake)}{others}"))
    if mistake.expected:
        rows.append(("expected", mistake.expected))
    rows.append(("happened", mistake.happened))
    if mistake.means:
        rows.append(("means", mistake.means))
    if mistake.read:
        rows.append(("read again", mistake.read.section))
    if mistake.others:
        rows.append(("or it is in", ", ".join(map(names.shown, mistake.others))))
    return lines + [f"   {name:<12}{text}" for name, text in rows]


def _place(difference: Difference, mistake: Mistake) -> str:
    if not mistake.path:
        return "no file of yours is to blame, as far as can be seen"
    path = names.shown(mistake.path)
    if mistake.state == "missing":
        return f"{path} is missing"
    if mistake.state == "to go":
        return f"{path} is still there; the step takes it away"
    if mistake.state.startswith("called "):
        return f"{path} is {mistake.state} in yours"
    if mistake.state == "forgotten":
        return f"{path} was forgotten"
    line = f", line {mistake.line}" if mistake.line else ""
    name = ""
    if mistake.line and mistake.path in difference.own:
        name = symbol_at(difference.own[mistake.path], mistake.line)
    return f"{path}{line}{f' ({name})' if name else ''}"


def _where(difference: Difference, mistake: Mistake) -> str:
    if not mistake.tests[0].is_test or mistake.tests[0].whole:
        return ""
    paths = [path for path, _ in mistake.tests[0].frames if difference.is_test(path)]
    return f" ({names.shown(paths[0])})" if paths else ""


def overview(playground: Playground) -> list[str]:
    """Say which steps are finished, and where the learner is."""
    return [*_finished(playground), *where(playground)]


def without_folder(playground: Playground) -> list[str]:
    """Say which steps are finished, to a learner whose folder is gone."""
    have = progress_of.named(playground.begun)
    return [*_finished(playground), f"There is no {NAME}/. To begin it from {have}: course play"]


def _finished(playground: Playground) -> list[str]:
    chain = playground.chain
    finished = playground.progress.finished
    marks = progress_of.marks(chain, playground.progress)
    links = [link for link in chain if not link.is_copy]
    lines, part = [], 0
    for link in links:
        if link.step.part != part:
            part = link.step.part
            lines.append(f"Part {part} · {chain.course.parts[part - 1].title}")
        lines.append(
            f"  {marks.get(link.step.slug, '·')} {link.name:<28}{_said(playground, link)}".rstrip()
        )
    count = sum(link.step.slug in finished for link in links)
    return [*lines, "", f"{count} of {len(links)} steps finished."]


def _said(playground: Playground, link: Link) -> str:
    day = playground.progress.finished.get(link.step.slug, "")
    words = [f"finished {day}"] if day else []
    if link == playground.begun:
        words.append("you have it")
    if link == playground.aim:
        words.append("you are at it")
    return ", ".join(words)


def backups(found: Sequence[Backup]) -> list[str]:
    """List the backups, each with what brings it back."""
    if not found:
        return ["There is no backup yet."]
    return [f"{backup.name}  {_held(backup)}   {backup.remedy}" for backup in found]


def _held(backup: Backup) -> str:
    new = f"{_files(len(backup.made))} new" if backup.made else ""
    kept = "all of it" if backup.whole else _files(backup.files) if backup.files else ""
    when = f"when you had {backup.begun}" if backup.begun else ""
    return ", ".join(filter(None, (kept, new, when)))


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"


def _some(paths: Sequence[str]) -> str:
    return names.some([*map(names.shown, paths)], _MOST_NAMES)


def differing(difference: Difference, chain: Chain, link: Link) -> list[str]:
    """Say what differs between the playground and a step, a line a file."""
    own = [path for path in difference.files if not difference.files[path].mark]
    lines = []
    for path in own:
        file = difference.files[path]
        state = difference.state(path)
        words = _STATES.get(state, state if state == "differs" else f"{state} in yours")
        count = f"  +{len(file.lines.added)} −{len(file.lines.removed)}"
        lines.append(f"  {names.shown(path)}  {words}{'' if state in _STATES else count}")
    if difference.marked:
        some = _some(list(difference.marked))
        lines.append(f"  generated or vendored, left aside: {some}   (course take PATH)")
    if not lines:
        return [f"Nothing: yours is {link.name}."]
    return [f"Yours and {link.name} differ in {_files(len(own))}:", *lines]
