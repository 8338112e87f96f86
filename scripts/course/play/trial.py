"""The next step's tests, run on a copy of the playground.

The copy lies outside the course and is taken away; the learner's folder is only read. The tests
of the next step take the place of the learner's, in the next step's environment. Beside them run
the step's ``check`` commands, and its ``proof`` where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from course import processes, workspace
from course.catalogue import Command
from course.chain import Chain, Link
from course.errors import CourseError
from course.play import failure as failure_of
from course.play.failure import Failure
from course.play.folder import NAME, Playground
from course.verify.bench import HOST, Bench, Place
from course.verify.reason import MORE_TIME, no_program, read_log, within
from course.verify.checks import run_tests
from course.verify.outcome import Fault
from course.verify.proof import lay_tests
from course.workspace import Workspace


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
    """

    link: Link
    passed: int = 0
    failed: list[Failure] = field(default_factory=list)
    commands: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    log: Path = Path()

    @property
    def failures(self) -> list[Failure]:
        """Everything that failed; what the commands say comes first, for it is the cause."""
        return [*self.commands, *self.failed]


def run(
    playground: Playground,
    tests: Sequence[str] = (),
    name: str = NAME,
    space: Workspace | None = None,
) -> Trial:
    """Run what the next step is judged by on a copy of the playground.

    Args:
        playground: the playground.
        tests: the files of tests to run, where the step can run files alone; none means all.
        name: what its logs are called.
        space: where copies are made; one of its own unless given. Trials that run side by side
            share one: with a workspace goes all that was started meanwhile and is nobody's child.

    Raises:
        CourseError: when the environment of the next step cannot be made.
    """
    if space is None:
        with Workspace() as own:
            return run(playground, tests, name, own)
    aim = playground.required_aim()
    bench = Bench(playground.chain, aim, space)
    try:
        # The locks of the course are not the learner's to mend.
        bench.environment(remedy=f"Read {bench.logs / 'install.log'}.")
    except Fault as fault:
        raise CourseError(
            f"{aim.name} cannot be installed: {fault.message}",
            "course doctor, and when that is mended: course check",
        ) from None
    trial = Trial(aim, log=bench.log(name))
    with space.briefly():
        place = _place(playground, bench)
        if _configured(bench, place, trial):
            _try(bench, place, trial, tests)
    return trial


def _place(playground: Playground, bench: Bench) -> Place:
    folder = bench.space.new("project")
    workspace.write_entries(playground.chain.store, playground.entries, folder)
    lay_tests(bench, folder)
    workspace.make_repository(folder)
    return Place(folder, bench.environment(), folder.parent / "opened-outside.txt")


def _configured(bench: Bench, place: Place, trial: Trial) -> bool:
    trial.commands += _run(bench, bench.link.step.commands.env, place, f"{trial.log.stem}-env")
    return not trial.commands


def _try(bench: Bench, place: Place, trial: Trial, tests: Sequence[str]) -> None:
    """Run the tests, and beside them the other commands, in a copy of their own."""
    commands, name = bench.link.step.commands, trial.log.stem
    chosen = tuple(c.naming(tests) for c in commands.test_files) if tests else ()
    beside = Place(
        workspace.copy(place.folder, bench.space.new("project")),
        place.environment,
        place.audit,
    )
    with processes.pool(1) as pool:
        others = pool.submit(
            lambda: [
                *_run(bench, commands.check, beside, f"{name}-check"),
                *_run(bench, commands.proof, beside, f"{name}-proof"),
            ]
        )
        for command in chosen or commands.test:
            _test(bench, command, place, trial)
        trial.commands += others.result()


def _test(bench: Bench, command: Command, place: Place, trial: Trial) -> None:
    log = trial.log
    tidy = _Tidy(place)
    run = run_tests(bench, command, place, log)
    results = run.results
    trial.seconds += run.seconds
    trial.passed += len(results.named("passed"))
    for name in [*sorted(results.unimported), *results.named("failed")]:
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
    if run.timed_out or not (results.states or results.unimported):
        printed = [line for line in read_log(log).splitlines() if not line.startswith("$ ")]
        # The catalogue is not the learner's to change.
        ended = run.fault.removesuffix(MORE_TIME)
        text = ended if run.timed_out or not any(printed) else read_log(log)
        said = "" if run.fault else "no test ran"
        found = failure_of.of_command(command.plain, tidy(text), place.folder, said)
        trial.commands.append(found)
    elif run.fault and not (trial.failed or results.unimported):
        trial.notes.append(run.fault)


def own_tests(chain: Chain, link: Link) -> Iterator[str]:
    """Yield the files of tests that a step adds or changes."""
    roots = link.step.settings.tests
    for change in chain.changes(link):
        path = PurePosixPath(change.path)
        named = path.name.startswith("test") and path.suffix == ".py"
        if change.new and named and any(path.is_relative_to(root) for root in roots):
            yield change.path


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
            done = bench.execute(filled, place, log)
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
