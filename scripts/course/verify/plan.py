"""Which checks run, in what order, how many at once, and what each depends on."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from course import deadline, processes
from course.cache import check_results
from course.cache.check_results import Memory
from course.chain import Chain, Link
from course.errors import CourseError, Lacking
from course.install import bytecode, environments
from course.test_results import Results
from course.verify import checks, lint_by_file, rollout
from course.verify.coverage_selection import Covering
from course.verify.inputs import Inputs
from course.verify.outcome import FAILED, NOT_RUN, PASSED, REMEMBERED, SKIPPED, Fault, Outcome
from course.verify.proof import proof
from course.verify.workbench import Bench
from course.workspace import Workspace

Facts = checks.Facts

# The commands and the settings that a check's result depends on, beside those that all depend on.
_DEPENDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "install": (("export",), ()),
    "check": (("check",), ()),
    "lint": (("lint", "lint_by_file"), ()),
    "extra": (("extra",), ()),
    "test": (("test",), ("tests",)),
    "apart": (("test_files",), ("tests", "unread", "npm")),
    "migrate": (("migrate", "demo"), ("database",)),
    "upgrade": (("migrate", "demo", "dump", "load"), ("database",)),
    "rollout": (("rollout",), ("migrations",)),
    "serve": (("migrate", "serve"), ("url", "start_timeout")),
    "proof": (("test", "test_files", "proof"), ("tests", "npm")),
}


@dataclass(eq=False)
class Task:
    """One check of one link.

    Attributes:
        link: the link.
        check: the check's name.
        key: what its result depends on.
        logs: the folder for the log of what goes wrong.
        action: does it; returns facts to remember, or raises a `Fault`.
        after: the tasks that must have passed before.
        asked: whether the person asked for it, or another task needs it.
        behind: tasks that must have ended before, however they did: they make what it needs.
        benches: where it makes its copies.
        twin: a task before with the same key: what passes there passes here.
    """

    link: Link
    check: str
    key: str
    logs: Path
    action: Callable[[], Facts]
    after: list[Task] = field(default_factory=list)
    asked: bool = True
    behind: list[Task] = field(default_factory=list)
    benches: tuple[Bench, ...] = ()
    twin: Task | None = None


class Plan:
    """The checks for some links of a chain.

    Args:
        chain: the chain.
        links: the links to verify.
        space: where copies are made.
    """

    def __init__(self, chain: Chain, links: Sequence[Link], space: Workspace) -> None:
        self.chain = chain
        self.space = space
        self.tasks: list[Task] = []
        self.outcomes: dict[Task, Outcome] = {}
        self._benches: dict[str, Bench] = {}
        self._known: dict[tuple[str, str], Task] = {}
        self._by_key: dict[str, Task] = {}
        self._installs: dict[str, Task] = {}
        self._memory = Memory(chain.repository, use=False)
        self._covering: Covering | None = None
        self._warmed: set[str] = set()
        for link in links:
            self._plan(link)

    def _bench(self, link: Link) -> Bench:
        return self._benches.setdefault(link.name, Bench(Inputs(self.chain, link), self.space))

    def _inputs_of(self, link: Link) -> Inputs:
        return self._bench(link).inputs

    def _plan(self, link: Link) -> None:
        bench = self._bench(link)
        before = self.chain.before(link)
        if link.is_copy and before is not None:
            # Its own checks are those of the link it is a copy of.
            self._add(
                link, "copy", partial(checks.same, bench, before), self._identity(before, "copy")
            )
            return
        install = self._install(link)
        commands = link.step.commands
        simple: list[tuple[str, bool, Callable[[Bench], Facts]]] = [
            ("check", bool(commands.check), checks.check),
            ("lint", bool(commands.lint), self._lint),
            ("extra", bool(commands.extra), checks.extra),
        ]
        for name, wanted, action in simple:
            if wanted:
                self._add(link, name, partial(action, bench), after=[install])
        migrate = [self._migrate(link)] if commands.migrate else []
        if commands.serve:
            self._add(link, "serve", partial(checks.serve, bench), after=[install, *migrate])
        tests = self._tests(link)
        if before is None:
            return
        prior = self._bench(before)
        has_rows = before.step.settings.database or before.step.services
        if migrate and before.step.commands.migrate and has_rows:
            self._add(
                link,
                "upgrade",
                partial(checks.upgrade, bench, prior),
                self._identity(before, "upgrade"),
                after=[install, *migrate, self._migrate(before, asked=False)],
                beside=(prior,),
            )
        earlier = self._tests(before, asked=False)
        if rollout.concerns(self.chain, link, before):
            self._add(
                link,
                "rollout",
                partial(rollout.rollout, bench, prior),
                self._identity(before, "test"),
                sorted(link.step.breaks.items()),
                after=[install, *earlier[:1]],
                beside=(prior,),
            )
        self._add(
            link,
            "proof",
            lambda: proof(bench, prior, self._results(tests), self._results(earlier)),
            self._identity(before, "proof"),
            sorted(link.step.holds.items()),
            after=[install, *tests, *earlier],
        )

    def _lint(self, bench: Bench) -> Facts:
        return lint_by_file.lint(bench, self._memory)

    def _test(self, bench: Bench) -> Facts:
        return checks.test(bench, self._covering)

    def _install(self, link: Link, asked: bool = True) -> Task:
        task = self._shared(link, "install", checks.install, asked)
        # Of the links that share an environment, one makes it. The others would only wait for it,
        # each with a processor to itself.
        first = self._installs.setdefault(self._inputs_of(link).environment_key, task)
        if first is not task and first not in task.behind:
            task.behind.append(first)
        return task

    def _migrate(self, link: Link, asked: bool = True) -> Task:
        return self._shared(link, "migrate", checks.migrate, asked, needs_install=True)

    def _tests(self, link: Link, asked: bool = True) -> list[Task]:
        found = [self._shared(link, "test", self._test, asked, needs_install=True)]
        if self._inputs_of(link).apart:
            found.append(self._shared(link, "apart", checks.apart, asked, needs_install=True))
        return found

    def _shared(
        self,
        link: Link,
        check: str,
        action: Callable[[Bench], Facts],
        asked: bool,
        needs_install: bool = False,
    ) -> Task:
        """Return a check that the link's successor needs too, planned once for both."""
        known = self._known.get((link.name, check))
        if known is not None:
            known.asked = known.asked or asked
            return known
        after = [self._install(link, asked)] if needs_install else []
        return self._add(link, check, partial(action, self._bench(link)), after=after, asked=asked)

    def _add(
        self,
        link: Link,
        check: str,
        action: Callable[[], Facts],
        *parts: object,
        after: Iterable[Task] = (),
        asked: bool = True,
        beside: Iterable[Bench] = (),
    ) -> Task:
        key = check_results.key(check, self._identity(link, check), *parts)
        bench = self._bench(link)
        benches = (bench, *beside)
        task = Task(link, check, key, bench.logs, action, list(after), asked, benches=benches)
        first = self._by_key.setdefault(key, task)
        if first is not task:
            task.twin = first
            task.behind.append(first)
        self._known[(link.name, check)] = task
        self.tasks.append(task)
        return task

    def _identity(self, link: Link, check: str) -> str:
        """Return what a check's result depends on of a link: never where it is in the chain.

        That is what it reads of the content, the environment, what it runs, and the settings.
        """
        inputs = self._inputs_of(link)
        step = link.step
        commands, settings = _DEPENDS.get(check, ((), ()))
        return check_results.key(
            inputs.content(check),
            inputs.environment_key,
            [(name, getattr(step.commands, name)) for name in ("install", "env", *commands)],
            [(name, getattr(step.settings, name)) for name in ("timeout", *settings)],
            # What was printed is of a part of the tests then.
            check == "test" and bool(inputs.apart),
            inputs.services,
        )

    def _results(self, tasks: Iterable[Task]) -> Results:
        found = Results()
        for task in tasks:
            part = Results.from_json(self.outcomes[task].facts)
            found.states |= part.states
            found.unimported |= part.unimported
        return found

    def run(
        self, remembered: Memory, jobs: int, tell: Callable[[Outcome | Task], None]
    ) -> list[Outcome]:
        """Do every task, as many at once as asked, and return what was found out.

        Args:
            remembered: the passed checks of earlier runs.
            jobs: how many checks run at once.
            tell: called in this thread with a task that starts and an outcome that is known.
        """
        self._memory = remembered
        # A fresh run measures every test.
        self._covering = Covering(self.chain) if remembered.use else None
        self._queue_linters()
        waiting = []
        for task in self.tasks:
            known = remembered.get(task.key)
            if known is None:
                waiting.append(task)
            else:
                self._settle(task, _remembered(task, known), tell)
        running: dict[Future[Outcome], Task] = {}
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            try:
                while waiting or running:
                    for task in self._ready(waiting, tell)[: jobs - len(running)]:
                        waiting.remove(task)
                        tell(task)
                        running[pool.submit(self._do, task)] = task
                    done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in done:
                        task = running.pop(future)
                        outcome = future.result()
                        if outcome.state == PASSED:
                            remembered.put(
                                task.key,
                                {
                                    "seconds": outcome.seconds,
                                    "processor": outcome.processor,
                                    "notes": list(outcome.notes),
                                    "facts": dict(outcome.facts),
                                },
                            )
                        self._settle(task, outcome, tell)
            except BaseException:
                processes.end_all()
                raise
        return _each_once(self.outcomes[task] for task in self.tasks if self._shown(task))

    def _queue_linters(self) -> None:
        """Let linters that judge file by file come one after the other, where they share an answer.

        Side by side, two links would look at the files that both have.
        """
        last: dict[str, Task] = {}
        for task in self.tasks if self._memory.use else ():
            if task.check == "lint" and task.link.step.commands.lint_by_file:
                key = self._inputs_of(task.link).environment_key
                if key in last:
                    task.behind.append(last[key])
                last[key] = task

    def _ready(self, waiting: list[Task], tell: Callable[[Outcome | Task], None]) -> list[Task]:
        """Return the tasks that may start; one that waits for a failed one never will."""
        ready = []
        late = bool(waiting) and deadline.missed()
        # What a task waits for is before it in the plan: one pass settles them all.
        for task in list(waiting):
            if outcome := self._foregone(task, late):
                waiting.remove(task)
                self._settle(task, outcome, tell)
            elif all(other in self.outcomes for other in (*task.after, *task.behind)):
                ready.append(task)
        # The environments first; then link by link, so that few copies are there at once. Within
        # a link goes first what others wait for, then what takes longest. If the time may not be
        # enough for all, the last links go first: they are the largest, and the newest.
        order = -1 if deadline.named() else 1
        rank = {"test": 1, "apart": 2, "proof": 3, "lint": 4, "upgrade": 5, "rollout": 5}
        return sorted(
            ready,
            key=lambda task: (
                task.check != "install",
                task.link.position * order,
                rank.get(task.check, 6),
            ),
        )

    def _foregone(self, task: Task, late: bool) -> Outcome | None:
        """Return what is known of a task without doing it.

        Either it is too late for it, or one with the same key has passed (a fault is its own), or
        one that must pass before it has not.
        """
        name, check = task.link.name, task.check
        if late:
            return Outcome(name, check, NOT_RUN, deadline.REASON)
        same = self.outcomes.get(task.twin) if task.twin else None
        if same and same.state in (PASSED, REMEMBERED):
            return replace(same, link=name, state=REMEMBERED)
        for other in task.after:
            found = self.outcomes.get(other)
            if found and found.bad:
                return Outcome(name, check, SKIPPED, f"after {found.check} of {found.link} failed")
            if found and found.state in (SKIPPED, NOT_RUN):
                return Outcome(name, check, found.state, found.message)
        return None

    def _warm(self, link: Link) -> None:
        """Give a link's environment what was compiled in that of the link before."""
        before = self.chain.before(link)
        own = self._inputs_of(link).environment_key
        if before is None or own in self._warmed:
            return
        self._warmed.add(own)
        other = self._inputs_of(before).environment_key
        if other != own:
            folders = (environments.folder(self.chain.repository, key) for key in (other, own))
            bytecode.share(*folders)

    def _do(self, task: Task) -> Outcome:
        if task.check != "install":
            self._warm(task.link)
        with self.space.briefly(), processes.measured() as spent:
            outcome = _do(task)
            if outcome.state != NOT_RUN and (trouble := self.space.trouble()):
                outcome = _broken(task, outcome, trouble)
        return replace(outcome, processor=spent.seconds)

    def _settle(self, task: Task, outcome: Outcome, tell: Callable[[Outcome | Task], None]) -> None:
        self.outcomes[task] = outcome
        if self._shown(task):
            tell(outcome)
        for bench in task.benches:
            if all(t in self.outcomes for t in self.tasks if bench in t.benches):
                bench.clear()

    def _shown(self, task: Task) -> bool:
        return task.asked or self.outcomes[task].state == FAILED


def _remembered(task: Task, known: dict[str, object]) -> Outcome:
    notes, facts = known.get("notes"), known.get("facts")
    seconds, processor = known.get("seconds"), known.get("processor")
    return Outcome(
        task.link.name,
        task.check,
        REMEMBERED,
        notes=tuple(notes) if isinstance(notes, list) else (),
        facts=facts if isinstance(facts, dict) else {},
        seconds=seconds if isinstance(seconds, float) else 0.0,
        processor=processor if isinstance(processor, float) else 0.0,
    )


def _each_once(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Leave out what several checks of a link came upon alike: one fault is one line."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for outcome in outcomes:
        if outcome.bad:
            fault = (outcome.link, outcome.check, outcome.message)
            if fault in seen:
                continue
            seen.add(fault)
        kept.append(outcome)
    return kept


def _do(task: Task) -> Outcome:
    begun = time.monotonic()
    name = task.link.name
    try:
        facts = dict(task.action())
    except Fault as fault:
        return Outcome(
            name,
            fault.check,
            FAILED,
            fault.message,
            fault.log or _written(task, fault.message + "\n", "w"),
            time.monotonic() - begun,
            during=task.check if fault.check != task.check else "",
        )
    except processes.Interrupted:
        raise
    except Lacking as error:
        said = f"{error.problem.rstrip('.')}. {error.remedy[:1].upper()}{error.remedy[1:]}"
        return Outcome(name, task.check, NOT_RUN, said)
    except Exception as error:
        # The other checks go on: what they find out is not lost.
        return Outcome(
            name,
            task.check,
            FAILED,
            _not_done(error),
            _written(task, traceback.format_exc(), "a"),
            time.monotonic() - begun,
        )
    notes = facts.pop("notes", [])
    return Outcome(
        name,
        task.check,
        PASSED,
        seconds=time.monotonic() - begun,
        notes=tuple(notes) if isinstance(notes, list) else (),
        facts=facts,
    )


def _broken(task: Task, outcome: Outcome, trouble: str) -> Outcome:
    """Return the outcome of a check under which a server broke away, whatever else it found."""
    log = outcome.log or task.logs / f"{task.check}.log"
    written = _written(task, f"\n{trouble}\n", "a") or log
    said, _, last = trouble.rpartition("\n")
    return replace(
        outcome,
        check=task.check,
        during="",
        state=FAILED,
        message=f"{said.partition(chr(10))[0]} {last.strip()}; this says nothing of the step:"
        f" try it again, alone (course verify {task.link.label})",
        log=written,
    )


def _not_done(error: Exception) -> str:
    """Say why a check could not be carried out, which says nothing of the step."""
    if isinstance(error, CourseError):
        said = " ".join(error.problem.split())
        return f"not carried out: {said} {error.remedy}".strip()
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return (
            f"not carried out: {place}{error.strerror or error}; this says nothing of the step:"
            " fix it (course doctor), then: course verify"
        )
    return (
        f"not carried out: the tool itself failed with {type(error).__name__}: {error};"
        " please report it with the log"
    )


def _written(task: Task, text: str, mode: str) -> Path | None:
    """Write to a task's log, as far as the disk allows, and return the log."""
    log = task.logs / f"{task.check}.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open(mode, encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError:
        return None
    return log


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover (macos, windows)


def at_once() -> int:
    """Return how many checks run at once, unless somebody says otherwise: processors, and one more.

    A check also waits: for servers that start, for workers that stop, for the time-outs that it
    tests. Meanwhile another one has its processor.
    """
    return cores() + 1


def log_name(path: Path | None, root: Path) -> str:
    """Return a log's path as a person types it from the root."""
    if path is None:
        return ""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)
