"""The proof of a step: its tests, laid over the code of the step before, fail there."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterable, Mapping, Set
from pathlib import Path, PurePosixPath

from course import syntax, workspace
from course.catalogue import Command
from course.chain import Link
from course.test_results import Results
from course.verify import assertions
from course.verify.checks import Facts, run_tests
from course.verify.outcome import Fault
from course.verify.workbench import Bench

_FIXTURES = ("setUpClass", "setUpModule")


def proof(bench: Bench, before: Bench, own: Results, earlier: Results) -> Facts:
    """Every new test of the step fails on the code of the step before.

    Args:
        bench: the step's bench.
        before: the bench of the step before.
        own: the results of the step's own tests on its own code.
        earlier: the results of the tests of the step before, there.

    Raises:
        Fault: when a new test passes there or asserts nothing, or there is neither a new test nor
            another proof.
    """
    step = bench.link.step
    log = bench.log("proof")
    notes: list[str] = []
    facts: dict[str, object] = {}
    if step.commands.proof:
        _by_command(bench, before.link, log)
        facts["commands"] = len(step.commands.proof)
        notes.append(f"proven by `{'`, `'.join(map(str, step.commands.proof))}`")
    else:
        facts |= _by_tests(bench, before.link, own, earlier, log, notes)
    changed = changed_tests(bench, before.link, own, earlier)
    fresh = [name for name in own.states if name not in earlier.states]
    if idle := assertions.of_step(bench.chain, bench.link).idle([*fresh, *changed]):
        raise Fault("proof", assertions.said(idle), log)
    if changed:
        notes.append(f"changed tests: {', '.join(changed)}")
    return {**facts, "notes": notes}


def _by_command(bench: Bench, before: Link, log: Path) -> None:
    after = bench.place()
    after.provide()
    after.commands("proof", bench.link.step.commands.proof, log)
    place = bench.place(before)
    lay_tests(bench, place.folder)
    place.provide()
    for command in bench.link.step.commands.proof:
        try:
            done = place.execute(command, log)
        except FileNotFoundError:
            continue
        if done.code == 0:
            raise Fault(
                "proof",
                f"`{command}` passes already on {before.folder}: it proves nothing of this step;"
                " name a command that fails there",
                log,
            )


def _by_tests(
    bench: Bench, before: Link, own: Results, earlier: Results, log: Path, notes: list[str]
) -> dict[str, object]:
    step = bench.link.step
    new = [name for name in own.states if name not in earlier.states]
    named = {key: meant_by(key, new) for key in step.holds}
    holding = {name for names in named.values() for name in names}
    unknown = sorted(key for key, names in named.items() if not names)
    if unknown:
        raise Fault(
            "proof",
            f"the catalogue's `holds` names {unknown[0]}, which is no new test of"
            f" {bench.link.folder}; take it out, or fix its name",
            log,
        )
    if not set(new) - holding:
        raise Fault(
            "proof",
            "no new test: give the step a test that fails on the step before, or a `proof` command"
            " in the catalogue",
            log,
        )
    place = bench.place(before)
    lay_tests(bench, place.folder)
    place.provide()
    there = Results()
    faults = []
    for command in _proving(bench, new):
        run = run_tests(command, place, log)
        if run.timed_out:
            raise Fault(
                "proof", f"with the code of {before.folder} the tests do not end: {run.fault}", log
            )
        there.states |= run.results.states
        there.unimported |= run.results.unimported
        faults.append(run.fault)
    failing, unimported, wrong = [], [], []
    for name in new:
        state = _state_there(name, there)
        if own.states[name] == "skipped":
            wrong.append((name, f"is skipped on {bench.link.folder} itself"))
        elif state == "failed":
            failing.append(name)
        elif state == "unimported":
            unimported.append(name)
        else:
            verb = {"passed": "passes already", "skipped": "is skipped"}.get(state, "does not run")
            wrong.append((name, f"{verb} on {before.folder}"))
    wrong = [(name, why) for name, why in wrong if name not in holding]
    if wrong:
        name, why = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise Fault(
            "proof",
            f"{name} {why}{more}: it does not show what this step adds; sharpen it, or name it"
            " under `holds` in the catalogue with the reason",
            log,
        )
    stale = sorted(holding.intersection([*failing, *unimported]))
    if stale:
        raise Fault(
            "proof",
            f"the catalogue says that {stale[0]} holds on {before.folder}, but it fails there;"
            " take it out of `holds`",
            log,
        )
    if not any(faults):
        raise Fault(
            "proof",
            f"`{step.commands.test[0]}` ends with code 0 on {before.folder} although tests fail;"
            " a test command must say by its code that they do",
            log,
        )
    if unimported:
        notes.append(f"{len(unimported)} new tests cannot be imported on the step before")
    for key, reason in step.holds.items():
        many = f" ({len(named[key])} tests)" if "*" in key else ""
        notes.append(f"{key}{many} rightly holds before: {reason}")
    return {
        "new": len(new),
        "failing": len(failing),
        "unimported": len(unimported),
        "holds": len(holding),
    }


def _proving(bench: Bench, new: Iterable[str]) -> list[Command]:
    """Return the commands that run the new tests: their files alone, where that can be had."""
    commands = bench.link.step.commands
    entries = bench.chain.entries(bench.link)
    files = set()
    for name in new:
        words = name.split("[")[0].split(".")
        paths = ("/".join(words[:length]) + ".py" for length in range(len(words), 0, -1))
        file = next((path for path in paths if path in entries), None)
        if file is None:
            return list(commands.test)
        files.add(file)
    return [command.naming(sorted(files)) for command in commands.test_files or commands.test]


def meant_by(key: str, tests: Iterable[str]) -> list[str]:
    """Return the tests that a key of ``holds`` names; ``*`` in it stands for anything."""
    pattern = re.compile(".*".join(map(re.escape, key.split("*"))), re.DOTALL)
    return [name for name in tests if pattern.fullmatch(name)]


def _state_there(name: str, there: Results) -> str:
    """Return how a test fares on the step before; ``""`` when it was not run at all."""
    state = there.states.get(name)
    if state is not None:
        return state
    if _unimportable(name, there) or not there.states:
        return "unimported"
    # unittest: what makes a class's or a module's tests ready failed, so that none of them ran.
    parents = [".".join(name.split(".")[:length]) for length in range(1, name.count(".") + 1)]
    fixtures = (f"{parent}.{fixture}" for parent in parents for fixture in _FIXTURES)
    return "failed" if any(there.states.get(f) == "failed" for f in fixtures) else ""


def _unimportable(name: str, results: Results) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in results.unimported)


def lay_tests(bench: Bench, folder: Path) -> None:
    """Replace the tests in a copy by those of the bench's step."""
    roots = bench.link.step.settings.tests
    for root in roots:
        target = folder / root
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
    entries = {
        path: entry
        for path, entry in bench.chain.entries(bench.link).items()
        if any(PurePosixPath(path).is_relative_to(root) for root in roots)
    }
    workspace.write_entries(bench.chain.store, entries, folder)


def changed_tests(bench: Bench, before: Link, own: Results, earlier: Results) -> list[str]:
    """Return the tests that both steps have, but with another text."""
    common = sorted(set(own.states) & set(earlier.states))
    files = [assertions.written(bench.chain, link) for link in (bench.link, before)]
    # A file that both have alike holds no test that changed, and need not be read.
    differing = {path for path in files[0] if files[0][path] != files[1].get(path)}
    now, then = (_sources(found, differing) for found in files)
    changed = {test for test in now.keys() & then.keys() if now[test] != then[test]}
    return [name for name in common if name.split("[")[0] in changed]


def _sources(files: Mapping[str, bytes], paths: Set[str]) -> dict[str, str]:
    """Return the source of every test function of some of the files by its full name."""
    found: dict[str, str] = {}
    for path in sorted(paths & files.keys()):
        content = files[path]
        module = ".".join(PurePosixPath(path).with_suffix("").parts)
        try:
            tree = syntax.parse(content)
        except (SyntaxError, ValueError):
            continue
        for node in tree.body:
            members = node.body if isinstance(node, ast.ClassDef) else [node]
            prefix = f"{module}.{node.name}" if isinstance(node, ast.ClassDef) else module
            for member in members:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[f"{prefix}.{member.name}"] = ast.dump(member)
    return found
