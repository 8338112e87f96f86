"""The verbs of the playground: ``course play``, ``check``, ``hint``, ``compare`` and so on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from course import console, journal, listing
from course.chain import NOTHING, Chain, Link
from course.play import (
    diagnosis,
    export,
    file_changes,
    folder,
    hints,
    next_step_tests as trials,
    progress as progress_of,
    screens,
)
from course.play.diagnosis import Difference
from course.play.file_changes import Changed
from course.play.folder import NAME, Playground
from course.repository import Repository


@click.command()
@click.argument("step", default="")
def play(step: str) -> None:
    """Begin playground/ from STEP, to work towards the step after it.

    STEP is the one that you HAVE, not the one that you will do: after `course play 03`, you have 03
    and the next is 04. To do the first step, begin with `course play nothing`. A playground that is
    there already is put aside first, and the command that brings it back is printed.

    Without STEP: says where you are; where there is no playground, begins from the step that you
    had last, and the first time with nothing.
    """
    chain = _chain()
    if not step and folder.folder(chain.repository).is_dir():
        _say(screens.where(Playground.find(chain)))
        console.note("To begin again: course play STEP")
        return
    link = _meant(chain, step)
    with folder.alone(chain):
        _begun(chain, file_changes.begin(chain, link, "play"))


def _meant(chain: Chain, step: str) -> Link | None:
    if step == NOTHING:
        return None
    if step:
        return chain.find(step)
    found = progress_of.read(chain.repository)
    return progress_of.begun_link(chain, found) if found else None


def fill(repository: Repository, restored: bool) -> None:
    """Make what a playground needs besides its files: the environment, and the database.

    Args:
        repository: the course.
        restored: whether a backup came back, which has a database of its own.
    """
    chain = Chain(repository)
    with folder.alone(chain):
        playground = Playground.find(chain)
        _filled(playground, configure=not restored)


def _filled(playground: Playground, *, configure: bool) -> None:
    folder.fill(playground, lambda what: console.note(f"  {what} …"), configure=configure)


def _begun(chain: Chain, done: Changed) -> None:
    """Make the environment of a playground that was just begun, and say where the learner is."""
    playground = Playground.find(chain)
    _say([*done.said, *screens.kept(done.backup)])
    _filled(playground, configure=True)
    _say([*screens.where(playground), *screens.ways(playground)])


@click.command()
@click.option("--done", is_flag=True, help="Go on though files of the step are not written.")
@click.option(
    "--export",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write what was found into a file for your instructor, too.",
)
@click.option("--name", default="", help="Your name in that file (default: the file's).")
def check(done: bool, file: Path | None, name: str) -> None:
    """Run the next step's tests on your playground, and say what is wrong in words.

    Nothing in the playground changes: the tests run on a copy of it. What answers soonest comes
    first, and the first that fails is the answer: the project's own check, then the step's own
    tests, then all others. When all pass, and no file of the step is missing, the step is finished,
    and the next one is named.
    """
    chain = _chain()
    if file is not None:
        name = export.prepared(file, name)
    with folder.alone(chain, "check", "Another `course check` is running."):
        playground, found = Playground.find(chain), export.Found()
        right = _check(playground, done, found)
        if file is not None:
            step = playground.required_aim().step.slug
            export.write(file, name, playground, step, found, right)
            console.note(f"wrote {file}: give it to your instructor")
        if not right:
            raise SystemExit(1)


def _check(playground: Playground, done: bool, found: export.Found) -> bool:
    aim = playground.required_aim()
    told = screens.changed_course(playground)
    _say(told)
    difference = Difference(playground, aim)
    mistakes = diagnosis.unreadable(difference)
    found.mistakes = mistakes
    if mistakes:
        _say(screens.failed(difference, mistakes, None, above=len(told)))
        return False
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        console.note(text)

    tell(f"the tests of {aim.name}, on a copy of {NAME}/ …")
    found.unwritten = diagnosis.unwritten(difference)
    missing = [] if done else found.unwritten
    near = diagnosis.near_tests(difference)
    forgotten = diagnosis.forgotten(difference)
    alone = bool(missing or forgotten)  # It is not yet done, whatever the others say.
    found.trial = trial = trials.run(playground, near=near, own_alone=alone, tell=tell)
    mistakes = [*diagnosis.explain(difference, trial), *forgotten]
    found.mistakes = mistakes
    if mistakes:
        left = hints.left(difference)
        # Above it stands what was said meanwhile: which tests run, and how they fared.
        _say(screens.failed(difference, mistakes, trial, above=len(told) + len(said), left=left))
        return False
    if missing:
        _say(screens.unwritten(trial, difference, missing))
        return False
    _say(screens.passed(trial, difference, file_changes.move_on(playground)))
    return True


@click.command()
@click.argument("step", default="")
@click.option("--stat", is_flag=True, help="Only name the files.")
def compare(step: str, stat: bool) -> None:
    """Show what differs between your playground and STEP (without one: the next step).

    `-` is yours, `+` is the step's, as on the pages. Generated and vendored files are only named;
    `course take PATH` fetches one.
    """
    chain = _chain()
    playground = Playground.find(chain)
    link = chain.find(step) if step else playground.required_aim()
    _say(screens.changed_course(playground))
    difference = Difference(playground, link)
    _say(screens.differing(difference, chain, link))
    if not stat and difference.files:
        left = [f":(exclude,literal){path}" for path in difference.marked]
        words = ["diff-tree", "-r", "-M", "-p", difference.tree, chain.tree_of(link), "--", "."]
        console.out.print()
        text = chain.store.run(*words, *left).decode("utf-8", "surrogateescape")
        listing.print_patch(text)


@click.command()
def hint() -> None:
    """Say what to do next: the first thing on the next step's page that you do not have yet."""
    playground = Playground.find(_chain())
    difference = Difference(playground, playground.required_aim())
    _say(hints.told(hints.next_of(difference), difference))


@click.command()
@click.argument("paths", nargs=-1, metavar="[FILE]...")
def solve(paths: tuple[str, ...]) -> None:
    """Give FILEs of your playground the content that they have in the next step; without any, all.

    What is replaced is kept, and the command that brings it back is printed.
    """
    playground = Playground.find(_chain())
    wanted = file_changes.solution(playground, paths)
    with folder.alone(playground.chain):
        done = file_changes.replace(playground, wanted, "solve")
    _say(screens.changes(done))
    if not any(state != "same" for state in done.files.values()):
        _say([f"Nothing to do: that is as in {playground.required_aim().name}."])
    _say(["  → course check"])


@click.command()
@click.option("--restore", "name", metavar="NAME", help="Bring this backup back.")
@click.option("--list", "listed", is_flag=True, help="List the backups.")
def reset(name: str | None, listed: bool) -> None:
    """Begin the step that you are at again, from the course's files of the step that you have.

    What is in the playground, your own version of that step included, is put aside first. --restore
    brings a backup of `play`, `reset`, `solve`, `take` or `reset --restore` back, and makes one of
    what is there now.
    """
    chain = _chain()
    if listed:
        _say(screens.backups(file_changes.backups(chain.repository)))
        return
    with folder.alone(chain):
        if name is None:
            playground = Playground.find(chain)
            _say(screens.changed_course(playground))
            _begun(chain, file_changes.begin(chain, playground.begun, "reset"))
        else:
            _restored(chain, name)


def _restored(chain: Chain, name: str) -> None:
    done = file_changes.restore(chain, name)
    _say([f"{name} is back.", *screens.changes(done)])
    playground = Playground.find(chain)
    if done.backup is None or done.backup.whole:
        _filled(playground, configure=False)
    _say(screens.where(playground))


@click.command()
def progress() -> None:
    """Say which steps you have finished, which one you have, and which is next."""
    chain = _chain()
    playground = Playground.remembered(chain)
    if playground is None or playground.root.is_dir():
        playground = Playground.find(chain)
        _say([*screens.overview(playground), *screens.changed_course(playground)])
    else:
        _say(screens.without_folder(playground))


def _chain() -> Chain:
    """Return the chain, after ending what a verb that was killed left undone."""
    repository = Repository.find()
    for line in journal.recover(repository):
        console.note(line)
    return Chain(repository)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.out.print(console.escape(line))
