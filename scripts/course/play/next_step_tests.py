"""Runs the next step's tests on a copy of the playground: their order, and when it ends early.

The copy lies outside the course and is taken away; the learner's folder is only read. The tests
of the next step take the place of the learner's, in the next step's environment.

What answers soonest comes first, and the first that fails is the answer: the step's ``check``
commands, which see in a second what would make every test fail; then the files of tests that the
step adds or changes, where pytest runs them the new and the changed tests first, and its ``proof``
where it has one; then the tests about the files in which the playground differs; then all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from course import processes, workspace
from course.catalogue import Command
from course.chain import Chain, Link
from course.difference import symbols
from course.errors import CourseError
from course.play import failure as failure_of
from course.play.failure import Failure
from course.play.folder import NAME, Playground
from course.play.watching import Watch
from course.verify import inputs
from course.verify.checks import Run, run_tests
from course.verify.failure_reason import (
    MORE_TIME,
    hanging_frames,
    hanging_test,
    no_program,
    read_log,
    within,
)
from course.verify.outcome import Fault
from course.verify.proof import lay_tests
from course.verify.sandbox import HOST, Place
from course.verify.workbench import Bench
from course.workspace import Workspace

# In the folder ``audit``, which is on the path of a snapshot's programs; and what pytest prints
# where it makes an end.
_PLUGIN, _ENDED = "course_first", "a test that the step brings fails"
_NOT_RUN = "the others were not run"
# Of pytest and of unittest.
_NO_TESTS = re.compile(r"^=* ?no tests ran in |^Ran 0 tests in ", re.MULTILINE)


@dataclass
class Trial:
    """What came of the tests.

    Attributes:
        link: the step whose tests they are.
        passed: how many tests passed.
        failed: the tests that failed.
        commands: the other commands of the step that failed.
        notes: what else the test command complained of, though every test passed.
        seconds: how long the tests themselves took.
        log: the file with all that was printed.
        ended_early: why not every test was run, in words; empty if all were.
    """

    link: Link
    passed: int = 0
    failed: list[Failure] = field(default_factory=list)
    commands: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    log: Path = Path()
    ended_early: str = ""

    @property
    def failures(self) -> list[Failure]:
        """Everything that failed; what the commands say comes first, for it is the cause."""
        return [*self.commands, *self.failed]


def run(
    playground: Playground,
    tests: Sequence[str] = (),
    name: str = NAME,
    space: Workspace | None = None,
    *,
    near: Sequence[str] = (),
    own_alone: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Trial:
    """Run what the next step is judged by on a copy of the playground, until something fails.

    Args:
        playground: the playground.
        tests: the files of tests to run, where the step can run files alone; none means all, its
            own first.
        name: what its logs are called.
        space: where copies are made; one of its own unless given. Trials that run side by side
            share one: with a workspace goes all that was started meanwhile and is nobody's child.
        own_alone: whether no other tests are run than the step's own, where it can run files alone:
            something is still to be written anyway.
        near: files of tests of the steps before that are to run before their others.
        tell: is told the verdict on the step's own tests, and how far the others are.

    Raises:
        CourseError: when the environment of the next step cannot be made.
    """
    if space is None:
        with Workspace() as own:
            return run(playground, tests, name, own, near=near, own_alone=own_alone, tell=tell)
    aim = playground.required_aim()
    bench = Bench(inputs.Inputs(playground.chain, aim), space)
    try:
        # The locks of the course are not the learner's to fix.
        bench.environment(remedy=f"Read {bench.logs / 'install.log'}.")
    except Fault as fault:
        raise CourseError(
            f"{aim.name} cannot be installed: {fault.message}",
            "course doctor, and when that is fixed: course check",
        ) from None
    trial = Trial(aim, log=bench.log(name))
    with space.briefly():
        place = _place(playground, bench)
        place.provide()
        checked = not _checks_as(playground, aim)
        _Attempt(bench, place, trial, tell, checked).make(tests, near, own_alone=own_alone)
        if trouble := space.trouble():
            raise CourseError(trouble, "This says nothing of your work. Try again: course check")
    return trial


def _place(playground: Playground, bench: Bench) -> Place:
    folder = bench.space.new("project")
    workspace.write_entries(playground.chain.store, playground.entries, folder)
    lay_tests(bench, folder)
    workspace.make_repository(folder)
    return bench.at(folder, bench.environment(), bench.link.step.services)


def _checks_as(playground: Playground, aim: Link) -> bool:
    """Whether all that ``check`` reads is as in the finished step, which passes it."""
    patterns = inputs.unread(aim.step, "check")
    if not patterns:
        return False
    both = (playground.entries, playground.chain.entries(aim))
    mine, theirs = (inputs.content(inputs.read(entries, patterns)) for entries in both)
    return mine == theirs


class _Attempt:
    """What a copy of the playground is put through, one thing after the other.

    Args:
        bench: the next step's bench.
        place: the copy.
        trial: what comes of it.
        tell: as `run` has it.
        checked: whether the step's ``check`` commands are run.
    """

    def __init__(
        self,
        bench: Bench,
        place: Place,
        trial: Trial,
        tell: Callable[[str], None] | None,
        checked: bool = True,
    ) -> None:
        self.bench = bench
        self.place = place
        self.trial = trial
        self.tell = tell
        self.checked = checked
        self.name = trial.log.stem

    def make(self, tests: Sequence[str], near: Sequence[str], *, own_alone: bool) -> None:
        """Go through all of it, until something fails."""
        commands = self.bench.link.step.commands
        if not self._runs(commands.env, "env"):
            return
        if self.checked and not self._passes_checks():
            return
        if not commands.test_files:
            self._prove(commands.test)
        elif tests:
            self._prove(_on(commands.test_files, tests), first=tests)
        else:
            self._all_tests(near, own_alone=own_alone)

    def _passes_checks(self) -> bool:
        """Run the step's ``check`` commands, without those that others imply, while these pass."""
        table = self.bench.link.step.commands
        known = {str(command) for command in table.check}
        implied = {one: other for one, other in table.implied.items() if {one, other} <= known}
        first = [command for command in table.check if str(command) in implied.values()]
        if not implied or _run(self.bench, first, self.place, f"{self.name}-implied"):
            return self._runs(table.check, "check")
        done = {*implied, *implied.values()}
        return self._runs([c for c in table.check if str(c) not in done], "check")

    def _runs(self, commands: Sequence[Command], what: str) -> bool:
        """Run commands until one fails, and return whether each of them did what it should."""
        for number, command in enumerate(commands):
            name = f"{self.name}-{what}{f'-{number + 1}' if number else ''}"
            self.trial.commands += _run(self.bench, [command], self.place, name)
            if self.trial.commands:
                return False
        return True

    def _all_tests(self, near: Sequence[str], *, own_alone: bool) -> None:
        """Run the step's own tests, then those that are near to what differs, then all others."""
        chain, link, trial = self.bench.chain, self.bench.link, self.trial
        commands = link.step.commands.test_files
        files = list(all_tests(chain, link))
        own = list(own_tests(chain, link))
        near = [path for path in near if path in files and path not in own]
        others = [path for path in files if path not in own and path not in near]
        self._prove(_on(commands, own) if own else (), first=own)
        if trial.passed and not (trial.failures or own_alone) and (near or others):
            self._say(f"  {_tests(trial.passed)} of the step itself pass; now the others …")
        for part in filter(None, (near, others)):
            if trial.failures or (own and own_alone):
                trial.ended_early = _NOT_RUN
                return
            for command in _on(commands, part):
                self._test(command, self.tell if part is others else None)
        if not (trial.passed or trial.failures):
            # They bear other names, or have none.
            self._prove(link.step.commands.test)

    def _prove(self, commands: Sequence[Command], first: Sequence[str] = ()) -> None:
        """Run tests, and beside them, in a copy of its own, what else proves the step.

        Args:
            commands: the commands that run the tests.
            first: files of which the tests that the step brings are run before their others.
        """
        proof = self.bench.link.step.commands.proof
        extra = _first(brought(self.bench.chain, self.bench.link, first))
        if not proof:
            for command in commands:
                self._test(command, extra=extra)
            return
        beside = replace(
            self.place, folder=workspace.copy(self.place.folder, self.bench.space.new("project"))
        )
        with processes.pool(1) as pool:
            others = pool.submit(_run, self.bench, proof, beside, f"{self.name}-proof")
            for command in commands:
                self._test(command, extra=extra)
            self.trial.commands += others.result()

    def _test(
        self,
        command: Command,
        tell: Callable[[str], None] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """Run one test command, and count what comes of it; ``tell`` is told how far it is."""
        bench, place, trial = self.bench, self.place, self.trial
        log, start = trial.log, trial.log.stat().st_size
        tidy = _Tidy(place)
        watch = Watch(log, start, bench.link.step.settings.test_timeout, tell)
        run = run_tests(command, place, log, watch, extra)
        results = run.results
        if extra and run.fault and _ENDED in read_log(log, start):
            trial.ended_early = _NOT_RUN
        trial.seconds += run.seconds
        trial.passed += len(results.named("passed"))
        for name in [*sorted(results.unimported), *results.named("failed")]:
            if run.timed_out and name not in results.messages:
                # It had begun, and is told as what hangs.
                continue
            raised = results.messages.get(name, "") or run.fault
            details = results.details.get(name, "") or raised
            found = failure_of.of_test(name, tidy(raised), tidy(details), place.folder)
            trial.failed.append(replace(found, whole=name in results.unimported))
        # None of a step's own tests is skipped on the step itself: the proof sees to that.
        own = {_module(path) for path in own_tests(bench.chain, bench.link)}
        for name in results.named("skipped"):
            if any(name.startswith(f"{module}.") for module in own):
                said = "the test was skipped, so that nobody knows"
                trial.failed.append(failure_of.of_test(name, said, said, place.folder))
        if run.timed_out:
            trial.commands.append(self._hanging(command, run, watch, start))
        elif not (results.states or results.unimported):
            text = read_log(log, start)
            if command not in bench.link.step.commands.test and _NO_TESTS.search(text):
                # A file may be called as tests are, and only help them.
                return
            printed = [line for line in text.splitlines() if not line.startswith("$ ")]
            text = text if any(printed) else run.fault
            said = "" if run.fault else "no test ran"
            found = failure_of.of_command(command.plain, tidy(text), place.folder, said)
            trial.commands.append(found)
        elif run.fault and not (trial.failed or results.unimported):
            trial.notes.append(run.fault)

    def _hanging(self, command: Command, run: Run, watch: Watch, start: int) -> Failure:
        """Return the failure of tests that did not come to their end, at the place they hang in."""
        log, tidy = self.trial.log, _Tidy(self.place)
        if watch.silent:
            where = hanging_test(log, start)
            place = f": {where}" if where else ""
            said = f"a test did not come to its end within {run.seconds:.0f} s{place}"
        else:
            # The catalogue is not the learner's to change.
            said = run.fault.removesuffix(MORE_TIME)
        text = "\n".join([*hanging_frames(log, start), said])
        return failure_of.of_command(command.plain, tidy(text), self.place.folder, said)

    def _say(self, text: str) -> None:
        if self.tell is not None:
            self.tell(text)


def _on(commands: Sequence[Command], files: Sequence[str]) -> list[Command]:
    return [command.naming(files) for command in commands]


def _tests(count: int) -> str:
    return f"the {count} tests" if count != 1 else "the one test"


def own_tests(chain: Chain, link: Link) -> Iterator[str]:
    """Yield the files of tests that a step adds or changes."""
    for change in chain.changes(link):
        if change.new and _holds_tests(link, change.path):
            yield change.path


def brought(chain: Chain, link: Link, files: Sequence[str]) -> list[str]:
    """Return the tests that a step adds or changes, as pytest names them, without parameters.

    Args:
        chain: the chain.
        link: the step.
        files: the files of tests to look at.

    Returns:
        The tests; none where every test of these files is one: there is nothing to run first.
    """
    before = chain.before(link)
    own = _functions(chain, link, files)
    others = _functions(chain, before, files) if before else {}
    found = [name for name, text in own.items() if others.get(name) != text]
    return found if len(found) < len(own) else []


def _functions(chain: Chain, link: Link, files: Sequence[str]) -> dict[str, str]:
    """Return the test functions of some files of a step, each with its text."""
    entries = chain.entries(link)
    blobs = {path: entries[path].blob for path in files if path in entries}
    contents = chain.store.blobs(blobs.values())
    found = {}
    for path, blob in blobs.items():
        lines = contents[blob].decode("utf-8", errors="replace").splitlines()
        for name, ranges in symbols.names(path, lines).items():
            if name.rpartition(".")[2].startswith("test"):
                text = "\n".join(line for start, end in ranges for line in lines[start:end])
                found["::".join([path, *name.split(".")])] = text
    return found


def _first(tests: Sequence[str]) -> dict[str, str]:
    """Return the environment variables by which pytest runs some tests before the others."""
    return {"PYTEST_PLUGINS": _PLUGIN, "COURSE_FIRST": "\n".join(tests)} if tests else {}


def all_tests(chain: Chain, link: Link) -> Iterator[str]:
    """Yield all files of tests of a step."""
    return (path for path in chain.entries(link) if _holds_tests(link, path))


def _holds_tests(link: Link, name: str) -> bool:
    """Whether a file is one of those in which pytest and unittest look for tests."""
    path = PurePosixPath(name)
    named = path.name.startswith("test") or path.stem.endswith("_test")
    roots = link.step.settings.tests
    return named and path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _run(bench: Bench, commands: Sequence[Command], place: Place, name: str) -> list[Failure]:
    """Run commands, and return those that fail."""
    log, tidy = bench.log(name), _Tidy(place)
    failed = []
    for command in commands:
        start = log.stat().st_size
        filled = command.fill(host=HOST)
        try:
            done = place.execute(filled, log)
        except FileNotFoundError as error:
            said = no_program(filled, error.args[0])
            failed.append(failure_of.of_command(command.plain, said, place.folder))
            continue
        if done.code:
            text = tidy(read_log(log, start))
            failed.append(failure_of.of_command(command.plain, text, place.folder))
    return failed


class _Tidy:
    """Takes the folders of a copy out of what was printed there: a learner has no such folders."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __call__(self, text: str) -> str:
        return within(within(text, self._place.folder), self._place.environment.programs)
