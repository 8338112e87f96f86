"""The checks of one step, how each is done, and what is said when it fails."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course import processes, test_results
from course.catalogue import Command
from course.chain import Link
from course.locks import exports
from course.names import some
from course.readiness import SILENT, await_answer
from course.test_results import Results
from course.verify import assertions, kept_output
from course.verify.coverage_selection import Covering, Measured
from course.verify.data_transfer import carry
from course.verify.failure_reason import (
    missing_module,
    no_program,
    read_log,
    tail,
    where_raised,
    within,
)
from course.verify.kept_output import PRINTED
from course.verify.outcome import Fault
from course.verify.sandbox import HOST, Place, free_port
from course.verify.workbench import Bench

Facts = Mapping[str, object]


def install(bench: Bench) -> Facts:
    """The step's environment can be made from its own lock, and its configuration written."""
    folder = bench.link.folder
    if not bench.chain.entries(bench.link):
        raise Fault(
            "install", f"{folder} is missing or empty; git checkout -- {folder}, or: course lint"
        )
    for path, problem in exports.problems(bench.chain, bench.link):
        raise Fault("install", f"{folder}/{path} {problem}; {exports.REMEDY}")
    bench.place()
    return {}


def check(bench: Bench) -> Facts:
    """The project's own checks pass on a fresh copy."""
    return _by_commands(bench, "check", bench.link.step.commands.check)


def extra(bench: Bench) -> Facts:
    """Whatever else the step must be able to do."""
    return _by_commands(bench, "extra", bench.link.step.commands.extra)


def _by_commands(bench: Bench, name: str, commands: Iterable[Command]) -> Facts:
    place = bench.place(check=name)
    log = bench.log(name)
    with place.kept_inside(log):
        return {PRINTED: place.commands(name, commands, log)}


def test(bench: Bench, covering: Covering | None = None) -> Facts:
    """The tests pass, and at least one ran; those that run apart are another check's.

    Args:
        bench: the link's bench.
        covering: which tests need not be measured; without it, all are.
    """
    place = bench.place(check="test")
    log = bench.log("test")
    partly = bool(bench.inputs.apart)
    commands = bench.link.step.commands.test
    found, said = _tested(bench, "test", commands, place, log, partly, covering)
    # Of later steps the proof asks it, of what is new there.
    first = bench.chain.before(bench.link) is None
    if first and (idle := assertions.of_step(bench.chain, bench.link).idle(sorted(found.states))):
        raise Fault("test", assertions.said(idle), log)
    return found.as_json() | {PRINTED: said}


def apart(bench: Bench) -> Facts:
    """The tests pass that read what the others do not."""
    place = bench.place()
    place.provide()
    commands = [
        command.naming(bench.inputs.apart) for command in bench.link.step.commands.test_files
    ]
    found, _ = _tested(bench, "apart", commands, place, bench.log("apart"))
    return found.as_json()


def _tested(
    bench: Bench,
    check: str,
    commands: Iterable[Command],
    place: Place,
    log: Path,
    partly: bool = False,
    covering: Covering | None = None,
) -> tuple[Results, list[dict[str, str]]]:
    """Run test commands in a copy; return the results, and what each of the commands printed."""
    found = Results()
    said = []
    reached = []
    spared = covering.spared(bench.link) if covering else frozenset()
    since = covering.since if covering else {}
    with place.kept_inside(log):
        for command in commands:
            start = log.stat().st_size
            measured = Measured(bench.logs / f"{log.stem}.covering.json", spared, since)
            run = run_tests(command, place, log, extra=measured.variables())
            if spared and not _failed(run) and measured.lacking:
                # Whether the tests cover all is known only when all of them are measured.
                os.truncate(log, start)
                measured = Measured(measured.file, frozenset(), since)
                place = bench.place(check=check)
                with place.kept_inside(log):
                    run = run_tests(command, place, log, extra=measured.variables())
            problem = _test_problem(run)
            if problem:
                raise Fault(check, problem, log)
            found.states |= run.results.states
            said.append(kept_output.record(command, log, start, place.folder, run.file, partly))
            reached.append(measured.found())
        if not found.states:
            raise Fault(check, "no test ran; a step must bring tests of its own", log)
    runs = [run for run in reached if run is not None]
    if covering and len(runs) == len(reached):
        covering.keep(bench.link, runs)
    return found, said


def _failed(run: Run) -> bool:
    """Whether tests failed, or did not end: what they cover says nothing then."""
    results = run.results
    return bool(run.timed_out or results.unimported or results.named("failed"))


def migrate(bench: Bench) -> Facts:
    """The database is made from nothing and filled with the demo data."""
    place = bench.place(check="migrate")
    log = bench.log("migrate")
    with place.kept_inside(log):
        bench.prepare("migrate", place, log, believe=False)
    database = bench.link.step.settings.database
    if database and not (place.folder / database).exists():
        raise Fault("migrate", f"the catalogue names the database {database}: none was made", log)
    return {}


def upgrade(bench: Bench, before: Bench) -> Facts:
    """The database of the step before, filled with its demo data, takes this step's migrations.

    Where the step has commands to ``dump`` and ``load``, its database is of another engine: the
    rows are carried over by them, and must be the same afterwards.
    """
    log = bench.log("upgrade")
    if bench.link.step.commands.dump or bench.link.step.commands.load:
        return carry(bench, before, log)
    source = before.link.step.settings.database
    target = bench.link.step.settings.database
    if bool(source) != bool(target):
        raise Fault(
            "upgrade",
            f"the database of {before.link.folder} is {source or 'in a service'}, and that of"
            f" {bench.link.folder} {target or 'in a service'}: the catalogue must say how its rows"
            " are carried over; add commands to `dump` and `load` to the step",
            log,
        )
    old = before.place(check="upgrade")
    # What is in a service is found there by the step: it has the same room.
    new = bench.place(like=None if source else old, check="upgrade")
    before.prepare("upgrade", old, log)
    if source:
        (new.folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(old.folder / source, new.folder / target)
    with new.kept_inside(log):
        try:
            new.commands("upgrade", bench.link.step.commands.migrate, log)
        except Fault as fault:
            raise Fault(
                "upgrade",
                f"on the database of {before.link.folder} with its rows: {fault.message};"
                " give existing rows a value in the migration",
                log,
            ) from None
    return {}


def serve(bench: Bench) -> Facts:
    """The server starts on a migrated database and answers."""
    place = bench.place(check="serve")
    log = bench.log("serve")
    with place.kept_inside(log):
        place.commands("serve", bench.link.step.commands.migrate, log)
        for command in bench.link.step.commands.serve:
            _serve(command, place, log)
    return {}


def _serve(command: Command, place: Place, log: Path) -> None:
    settings = place.link.step.settings
    port = free_port()
    filled = command.fill(host=HOST, port=port)
    env = place.variables(dict(filled.variables))
    try:
        program = place.program(filled.words[0], env)
    except FileNotFoundError as error:
        raise Fault("serve", no_program(filled, error.args[0]), log) from None
    url = f"http://{HOST}:{port}{settings.url}"
    start = log.stat().st_size
    with log.open("ab") as output:
        output.write(f"$ {filled}\n".encode())
        output.flush()
        child = processes.start(
            [program, *filled.words[1:]], cwd=place.folder, env=env, stdout=output
        )
        try:
            problem = await_answer(child, url, settings.start_timeout)
        finally:
            processes.end(child)
    if problem:
        said = f"`{filled}`: {problem}: {tail(log, start, place.folder)}"
        if SILENT in problem:
            said += "; fix that, or give it more time: `start_timeout` in the catalogue"
        raise Fault("serve", said, log)


@dataclass(frozen=True)
class Run:
    """What came of one test command.

    Attributes:
        results: the results by test.
        fault: why the command failed; empty if it did not.
        timed_out: whether it was ended because its time was up.
        seconds: how long it took.
        file: the file that it was asked to write its results to; None if it was asked for none.
    """

    results: Results
    fault: str = ""
    timed_out: bool = False
    seconds: float = 0.0
    file: Path | None = None


def run_tests(
    command: Command,
    place: Place,
    log: Path,
    watch: Callable[[], bool] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Run:
    """Run one test command in a copy.

    Args:
        command: the command.
        place: the copy.
        log: where its output goes.
        watch: as `processes.run` has it.
        extra: environment variables beside those of any command in the copy.
    """
    xml = log.with_suffix(".xml")
    xml.unlink(missing_ok=True)
    start = log.stat().st_size
    filled = command.fill(host=HOST, results=xml)
    try:
        done = place.execute(filled, log, watch=watch, extra=extra)
    except FileNotFoundError as error:
        return Run(Results(), no_program(command, error.args[0]))
    failed = done.code or done.timed_out
    fault = place.failure(command, done, log, start) if failed else ""
    if not command.uses("results"):
        printed = test_results.from_unittest(within(read_log(log, start), place.folder))
        return Run(printed, fault, done.timed_out, done.seconds)
    try:
        found = test_results.from_junit(xml.read_bytes())
        for texts in (found.messages, found.details):
            texts.update({name: within(text, place.folder) for name, text in texts.items()})
        return Run(found, fault, done.timed_out, done.seconds, xml)
    except (OSError, ValueError):
        said = fault or f"`{command}` wrote no results"
        return Run(Results(), said, done.timed_out, done.seconds)


def _test_problem(run: Run) -> str:
    results = run.results
    if run.timed_out:
        return run.fault
    if results.unimported:
        name = min(results.unimported)
        said, why = results.messages.get(name, ""), results.details.get(name, "")
        reason = missing_module(why) or (said and said[:160] + where_raised(why)) or run.fault
        return f"{name} cannot be imported: {reason}"
    failed = results.named("failed")
    if failed:
        why = results.messages.get(failed[0], "")
        return f"{len(failed)} of {len(results.states)} tests failed: {some(failed, 3)}" + (
            f" ({missing_module(why) or why[:160] + _raised_in(results, failed[0])})" if why else ""
        )
    return run.fault


def _raised_in(results: Results, test: str) -> str:
    """Say where a module stands that the tests could not even load."""
    said, why = results.details.get(test, ""), results.messages[test]
    return where_raised(said) if why.startswith(("SyntaxError", "IndentationError")) else ""


def same(bench: Bench, before: Link) -> Facts:
    """A link that is declared a copy of the one before is one, byte for byte."""
    changes = bench.chain.changes(bench.link)
    if changes:
        log = bench.log("copy")
        lines = [f"{change.status} {bench.link.folder}/{change.path}\n" for change in changes]
        log.write_bytes(os.fsencode("".join(lines)))
        raise Fault(
            "copy",
            f"{bench.link.folder} is declared a copy of {before.folder} and differs in"
            f" {some([change.path for change in changes], 3)}; regenerated by: course lint --fix",
            log,
        )
    return {}
