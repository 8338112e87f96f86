"""The version before on the schema of a step: while a step is deployed, both versions run.

Migrations come first, so the tasks of the version before work on the new tables for some minutes;
and if a deployment is rolled back, for longer, since migrations are not undone. So the tests of the
step before are run with the migrations of the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from course import workspace
from course.chain import Chain, Link
from course.git import Entry
from course.names import more
from course.test_results import Results
from course.verify import inputs
from course.verify.checks import Facts, run_tests
from course.verify.failure_reason import tail
from course.verify.outcome import Fault
from course.verify.proof import meant_by
from course.verify.workbench import Bench


def concerns(chain: Chain, link: Link, before: Link) -> bool:
    """Whether a link can be deployed over the one before, and its migrations are other ones.

    Where the engine of the database changes (``dump``, ``load``), no version runs on the tables of
    the other; where there were no tables before, none did.
    """
    commands = link.step.commands
    if not commands.rollout or commands.dump or commands.load:
        return False
    old, new = _migrations(chain, before, link), _migrations(chain, link, link)
    return bool(old) and old != new


def rollout(bench: Bench, before: Bench) -> Facts:
    """The tests of the step before pass on the schema of the step.

    Args:
        bench: the step's bench.
        before: the bench of the step before, whose code and environment are used.

    Raises:
        Fault: when one of them fails and the catalogue does not say that it may, or the other way
            round; when none runs.
    """
    log = bench.log("rollout")
    place = before.place(check="test")
    _lay(bench, before, place.folder)
    found = Results()
    faults = []
    with place.kept_inside(log):
        for command in bench.link.step.commands.rollout:
            start = log.stat().st_size
            run = run_tests(command, place, log)
            found.states |= run.results.states
            found.unimported |= run.results.unimported
            found.messages.update(run.results.messages)
            if run.fault and (run.timed_out or not run.results.states):
                raise Fault("rollout", f"{run.fault} {tail(log, start, place.folder)}".strip(), log)
            faults.append(run.fault)
    if not found.states:
        raise Fault("rollout", "no test ran; the command must run tests of the step before", log)
    # A migration that imports code of the step cannot be loaded, nor can tests that need it.
    failed = [*found.named("failed"), *sorted(found.unimported)]
    breaks = bench.link.step.breaks
    named = {key: meant_by(key, failed) for key in breaks}
    stale = sorted(key for key, names in named.items() if not names)
    if stale:
        raise Fault(
            "rollout",
            f"the catalogue says that {stale[0]} fails on the schema of {bench.link.folder}, and"
            " it does not; take it out of `breaks`, or fix its name",
            log,
        )
    broken = sorted(set(failed) - {name for names in named.values() for name in names})
    if broken:
        why = found.messages.get(broken[0], "")[:160]
        raise Fault(
            "rollout",
            f"{before.link.folder} does not work on the schema of {bench.link.folder}: {broken[0]}"
            f" fails{more(len(broken) - 1)}{f' ({why})' if why else ''}; add first, and"
            " remove or tighten one step later, or name the test under `breaks` in the catalogue"
            " with the reason",
            log,
        )
    if not failed and (fault := next(filter(None, faults), "")):
        raise Fault("rollout", fault, log)
    notes = [f"{key} rightly fails on the new schema: {reason}" for key, reason in breaks.items()]
    return {"tests": len(found.states), "breaks": len(failed), "notes": notes}


def _migrations(chain: Chain, link: Link, by: Link) -> Mapping[str, Entry]:
    """Return the files of a link that another one calls migrations."""
    patterns = by.step.settings.migrations
    return {
        path: entry for path, entry in chain.entries(link).items() if inputs.matches(path, patterns)
    }


def _lay(bench: Bench, before: Bench, folder: Path) -> None:
    """Replace the migrations in a copy of the step before by those of the step."""
    for path in _migrations(bench.chain, before.link, bench.link):
        (folder / path).unlink(missing_ok=True)
    entries = _migrations(bench.chain, bench.link, bench.link)
    workspace.write_entries(bench.chain.store, entries, folder)
