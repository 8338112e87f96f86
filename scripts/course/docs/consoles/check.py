"""Runs the console blocks of pages, in copies: which are run or skipped, and what is reported."""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path

from course import deadline, ports, processes, services
from course.cache import code_version, prepared_copies
from course.cache.findings import Kept
from course.catalogue import CommandTable, Settings
from course.chain import Link
from course.containers import engine
from course.docs.checked import Checked
from course.docs.consoles import (
    output_comparison,
    port_redirection,
    transcripts,
    variables,
    verified_answers,
)
from course.docs.consoles.terminal import Background, Shell
from course.docs.consoles.transcripts import ANY, Command, Transcript
from course.docs.consoles.verified_answers import Answers
from course.docs.fences import CONSOLE
from course.docs.pages import Page
from course.docs.parallel import Job
from course.docs.site import Fault, NotRun
from course.errors import CourseError
from course.install import environments, npm, package_index
from course.processes import Finished
from course.services import private_servers
from course.verify.inputs import Inputs
from course.workspace import Workspace, make_repository, write_entries

# Languages of other systems' shells: shown, never run here, and counted.
OTHER_SYSTEMS = frozenset({"powershell", "pwsh", "pwsh-session", "bat", "cmd", "doscon"})
# Languages of this system's shells, whose blocks nobody would run.
UNTOLD = frozenset({"bash", "sh", "shell", "shell-session", "sh-session", "terminal", "zsh"})

# What says how many tests there are.
_COUNTED = re.compile(r"\d (?:items?|tests?|passed|skipped|deselected|warnings?)\b")

# Told of the page and the line where a block begins.
Tell = Callable[[Page, int], None]

# What the export of the course's own root is called.
_COURSE = "course"


@dataclass
class Results:
    """What became of the console blocks.

    Attributes:
        run: how many were run, or are known to be true from an earlier run.
        remembered: how many of them were not run again.
        answered: how many commands of the others were answered by what `course verify` knows.
        not_run: those that were not.
        faults: what is wrong.
    """

    run: int = 0
    remembered: int = 0
    answered: int = 0
    not_run: list[NotRun] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, other: Results) -> None:
        """Take in the results of another page."""
        self.run += other.run
        self.remembered += other.remembered
        self.answered += other.answered
        self.not_run += other.not_run
        self.faults += other.faults


def jobs(
    checked: Checked, workspace: Workspace, tell: Callable[[str], None] = lambda _: None
) -> list[Job[Results]]:
    """Return the work on the console blocks of all pages, page by page.

    Args:
        checked: the pages.
        workspace: where copies are made.
        tell: told of each block as it begins.
    """
    total = sum(1 for page in checked.pages.values() for b in page.blocks if b.language == CONSOLE)
    begun = itertools.count(1)

    def progress(page: Page, line: int) -> None:
        tell(f"console block {next(begun)} of {total}: {page.place}:{line}")

    def work(page: Page) -> Results:
        # What a page leaves goes with it, and not all at the end, where Ctrl-C waits for it.
        with workspace.briefly():
            return _of_page(checked, page, workspace, progress)

    return [
        Job(checked.weight(page, CONSOLE), partial(work, page)) for page in checked.pages.values()
    ]


def _of_page(checked: Checked, page: Page, workspace: Workspace, tell: Tell) -> Results:
    results = Results()
    found: list[Transcript] = []
    for block in page.blocks:
        line = block.first + 1
        if block.language in OTHER_SYSTEMS:
            results.not_run.append(NotRun(page.place, line, "for another system"))
        elif block.language in UNTOLD:
            problem = f"a {block.language} block: nobody knows whether it is true."
            remedy = "Write it as a console block, each command after `$ `."
            results.faults.append(Fault(page.place, line, problem, remedy))
        elif block.language == CONSOLE:
            try:
                transcript = transcripts.read(block, line)
            except CourseError as error:
                results.faults.append(Fault(page.place, line, error.problem, error.remedy))
                continue
            reason = (
                transcript.not_run
                or _lacking(transcript)
                or _without_service(checked, page, transcript)
            )
            if reason:
                tell(page, line)
                results.not_run.append(NotRun(page.place, line, reason))
            else:
                found.append(transcript)
    if found and shutil.which("bash") is None:
        problem = "there is no bash on this machine, which runs console blocks."
        remedy = "Install it; or check the rest: course docs check --no-consoles"
        results.faults.append(Fault(page.place, found[0].line, problem, remedy))
    if found and not results.faults:
        _run_page(checked, page, found, workspace, results, tell)
    return results


def _lacking(transcript: Transcript) -> str:
    """Return what this machine lacks to run a block; empty if nothing."""
    for need in filter(None, transcript.words.get("needs", "").replace(",", " ").split()):
        reason = has(need)
        if reason:
            return reason
    return ""


def _without_service(checked: Checked, page: Page, transcript: Transcript) -> str:
    """Return which backing service of a block's step cannot run here; empty if none."""
    if transcript.at_course:
        return ""
    try:
        names = _step(checked, page, transcript).step.services
    except CourseError:
        return ""  # It is said when the block is to run.
    reasons = ((name, services.unavailable(name)) for name in names)
    return next((f"{name} cannot run here: {reason}" for name, reason in reasons if reason), "")


@cache
def has(need: str) -> str:
    """Return why a need of console blocks is not met on this machine; empty if it is.

    Args:
        need: ``docker`` (an engine that answers), ``network`` (the package index answers), or
            the name of a program.
    """
    if need == "docker":
        try:
            engine.find()
        except engine.Unavailable as error:
            return error.problem.rstrip(".")
        return ""
    if need == "network":
        address = package_index.variables().get("POETRY_PYPI_MIRROR_URL", "")
        try:
            with urllib.request.urlopen(address.rstrip("/") + "/pip/", timeout=5):
                return ""
        except (OSError, ValueError, urllib.error.URLError):
            return "the package index does not answer on this machine"
    return "" if shutil.which(need) else f"there is no {need} on this machine"


def _run_page(
    checked: Checked,
    page: Page,
    found: Sequence[Transcript],
    workspace: Workspace,
    results: Results,
    tell: Tell,
) -> None:
    try:
        key = _key(checked, page, found)
    except CourseError as error:
        results.faults.append(Fault(page.place, found[0].line, error.problem, error.remedy))
        return
    path = checked.site.chain.repository.results_folder("consoles") / f"{key}.json"
    known = Kept(path, fresh=checked.fresh)
    if known.get() is not None:
        results.run += len(found)
        results.remembered += len(found)
        for transcript in found:
            tell(page, transcript.line)
        return
    if deadline.missed():
        results.not_run += [NotRun(page.place, t.line, deadline.REASON) for t in found]
        return
    before, ran = len(results.faults), results.run
    with ExitStack() as stack:
        numbers, last = _named_ports(found)
        try:
            own = {number: stack.enter_context(ports.reserved()) for number in numbers}
        except CourseError as error:
            results.faults.append(Fault(page.place, found[0].line, error.problem, error.remedy))
            return
        runner = _Runner(checked, page, found, workspace, stack, own)
        for at, transcript in enumerate(found):
            tell(page, transcript.line)
            try:
                fault = runner.run(transcript)
                if at == last:
                    runner.end_servers()
            except npm.Unavailable as error:
                reason = f"{error.problem} {error.remedy}"
                results.not_run += [NotRun(page.place, t.line, reason) for t in found[at:]]
                break
            except CourseError as error:
                fault = Fault(page.place, transcript.line, error.problem, error.remedy)
            if fault is not None:
                # What follows would fail for no reason of its own.
                trouble = workspace.trouble()
                results.faults.append(_shaken(fault, trouble) if trouble else fault)
                break
            results.run += 1
        results.answered = runner.answered
    if before == len(results.faults) and results.run == ran + len(found):
        known.put({"page": page.uri, "blocks": [asdict(t) for t in found]})


def _shaken(fault: Fault, trouble: str) -> Fault:
    """Return the fault of a block under which a server broke away, whatever else it is."""
    remedy = "This says nothing of the page. Try again: course docs check"
    return Fault(fault.place, fault.line, trouble, remedy)


def _key(checked: Checked, page: Page, found: Iterable[Transcript]) -> str:
    """Return what the outcome of a page's blocks depends on: never the time."""
    chain = checked.site.chain
    digest = hashlib.sha256(code_version.version(__name__).encode())
    for transcript in found:
        said = [(c.text, c.output) for c in transcript.commands]
        digest.update(repr((said, sorted(transcript.words.items()))).encode())
        if transcript.at_course:
            digest.update(checked.tree.encode())
            continue
        link = _step(checked, page, transcript)
        digest.update(f"{chain.tree_of(link)} {link.step.commands!r}".encode())
        if link.step.settings.npm:
            digest.update(repr(link.step.settings.npm).encode())
        if link.step.services:
            digest.update(private_servers.identity(link.step.services, chain.course.told).encode())
    digest.update(page.meta.get("before-console", "").encode())
    digest.update(str(environments.base_python()).encode())
    return digest.hexdigest()[:40]


def _step(checked: Checked, page: Page, transcript: Transcript) -> Link:
    chain = checked.site.chain
    own = checked.step_of(page)
    named = transcript.words.get("step", "")
    if named == "before" and own is not None:
        before = chain.before(own)
        if before is None:
            raise CourseError(f"{own.name} is the first step.", "Take `step` out of the block.")
        return before
    if named:
        return chain.find(named)
    if own is None:
        raise CourseError(
            "a console block on a page of no step: nobody knows where to run it.",
            'Write `console step="…"`, `console not-run="…"`, or `step: …` in the front matter.',
        )
    return own


def _named_ports(found: Iterable[Transcript]) -> tuple[list[int], int]:
    """Return the ports that a page's commands listen on, and after which block nobody talks to one.

    That is the last block that names a port; -1 if none does.
    """
    numbers = sorted({int(t.words["port"]) for t in found if "port" in t.words})
    last = -1
    for at, transcript in enumerate(found):
        text = " ".join(command.text for command in transcript.commands)
        if "port" in transcript.words or any(f":{number}" in text for number in numbers):
            last = at
    return numbers, last


class _Runner:
    """Runs the blocks of one page; a copy for each step that they name."""

    def __init__(
        self,
        checked: Checked,
        page: Page,
        found: Sequence[Transcript],
        workspace: Workspace,
        stack: ExitStack,
        own: Mapping[int, int],
    ) -> None:
        self.checked = checked
        self.page = page
        self.found = found
        self.workspace = workspace
        self.stack = stack
        self.ports = own
        self.shells: dict[str, Shell] = {}
        self.answers: dict[str, Answers] = {}
        self.answered = 0
        self.servers: list[Background] = []

    def end_servers(self) -> None:
        """End what listens on a port."""
        while self.servers:
            processes.end(self.servers.pop().child)

    def run(self, transcript: Transcript) -> Fault | None:
        """Run one block; return what is wrong with it, if anything is."""
        if transcript.at_course:
            settings = self.checked.site.chain.links[-1].step.settings
            shell = self.shells.get(_COURSE) or self._shell_of_course()
            self.shells[_COURSE] = shell
        else:
            link = _step(self.checked, self.page, transcript)
            settings = link.step.settings
            shell = self.shells.get(link.name) or self._shell(link)
            self.shells[link.name] = shell
        last = transcript.commands[-1]
        for command in transcript.commands:
            if command is last and transcript.background:
                problem = self._background(shell, transcript, command, settings)
            else:
                wanted = int(transcript.words.get("exit", "0")) if command is last else 0
                done = None if wanted else self._answer(transcript, command)
                problem = self._foreground(shell, command, wanted, settings.timeout, done)
            if problem:
                line = transcript.line + 1 + command.offset
                remedy = "Fix the block, or the snapshot."
                return Fault(self.page.place, line, f"`{command.text}`: {problem}", remedy)
        return None

    def _answer(self, transcript: Transcript, command: Command) -> Finished | None:
        """Return what a command prints, if `course verify` knows it; see `verified_answers`."""
        copy = self._copy(transcript)
        if command.typed or copy not in self.answers:
            return None
        typed = [c for t in self.found if self._copy(t) == copy for c in t.commands]
        at = next(number for number, other in enumerate(typed) if other is command)
        after = [other.text for other in typed[at + 1 :]]
        known = self.answers[copy]
        counted = any(map(_COUNTED.search, command.output))
        done = known.of(command.text, after, bool(command.output), counted)
        if done and known.partly and _compared(command, self._lines(done.text)):
            # Where it is known of a part of the tests alone, no page is contradicted by it.
            done = None
        self.answered += done is not None
        return done

    def _copy(self, transcript: Transcript) -> str:
        """Return the name of the copy that a block runs in."""
        if transcript.at_course:
            return _COURSE
        return _step(self.checked, self.page, transcript).name

    def _foreground(
        self, shell: Shell, command: Command, wanted: int, timeout: float, done: Finished | None
    ) -> str:
        done = done or shell.run(command.text, timeout, command.typed)
        actual = self._lines(done.text)
        if done.timed_out:
            return f"had not ended after {timeout:g} seconds. It printed: {_end(actual)}"
        if done.code != wanted:
            return f"ended with {done.code}, not {wanted}. It printed: {_end(actual)}"
        return _compared(command, actual)

    def _background(
        self, shell: Shell, transcript: Transcript, command: Command, settings: Settings
    ) -> str:
        running = shell.start(command.text)
        named = int(transcript.words.get("port", "0"))
        port = self.ports.get(named, 0)
        if port:
            self.servers.append(running)
        end = time.monotonic() + settings.start_timeout
        while True:
            problem = _compared(command, self._lines(running.output), more=True)
            if not problem and (not port or ports.answers(port)):
                return ""
            if processes.stopping():
                raise processes.Interrupted
            if running.ended:
                return f"ended by itself. It printed: {_end(self._lines(running.output))}"
            if time.monotonic() > end:
                return problem or (
                    f"nothing listens on port {named}, which is {port} here: a program in Python"
                    " is given a port of the page's own."
                )
            time.sleep(0.05)

    def _lines(self, output: str) -> list[str]:
        """Return output line by line, with the ports that the page names."""
        for named, port in self.ports.items():
            output = re.sub(rf"(?i)((?::|\bport[ =:]+)){port}(?!\d)", rf"\g<1>{named}", output)
        return output_comparison.lines_of(output)

    def _detour(self, env: dict[str, str]) -> dict[str, str]:
        return env | port_redirection.lay(self.workspace.new("detour"), self.ports, env)

    def _shell(self, link: Link) -> Shell:
        chain = self.checked.site.chain
        entries = self.checked.site.entries(link)
        folder = self.workspace.new(link.step.slug)
        write_entries(chain.store, entries, folder)
        make_repository(folder)
        files = environments.files_named(chain.store, entries, link.step.commands.install)
        env = self._detour(variables.of_step(chain.repository, link, files, self.workspace))
        own = environments.Environment(Path(env["VIRTUAL_ENV"]), "")
        npm.provide(chain.repository, folder, link.step.settings.npm, own.programs)
        if link.step.services:
            env |= self.workspace.room(folder, link.step.services, chain.course.told)
        shell = Shell(folder, env, self.workspace.new("shell"))
        self.stack.callback(shell.close)
        before = self.page.meta.get("before-console", "").replace(",", " ").split()
        for name in before:
            if name not in CommandTable.model_fields:
                known = ", ".join(CommandTable.model_fields)
                raise CourseError(f"before-console: {name} is no verb.", f"There are: {known}.")
        made = before.index("migrate") if before[-2:] == ["migrate", "demo"] else len(before)
        self._prepare(link, before[:made], folder, env)
        if made < len(before):
            # As `course verify` left it, if it did.
            prepared_copies.prepare(
                chain.repository,
                Inputs(chain, link).prepared_key,
                folder,
                self.workspace.addresses(folder),
                partial(self._prepare, link, before[made:], folder, env),
                believe=not self.checked.fresh,
            )
        if "env" in before or not link.step.commands.env:
            # As `course verify` has it: where a test runs, the configuration was written before.
            self.answers[link.name] = Answers(
                shell,
                verified_answers.known(chain, link, self.workspace),
                self.workspace.new("answers"),
                link.step.settings.database,
            )
        return shell

    def _prepare(
        self, link: Link, verbs: Sequence[str], folder: Path, env: Mapping[str, str]
    ) -> None:
        """Run a step's own commands for some verbs, before any block of the page."""
        for command in (c for verb in verbs for c in getattr(link.step.commands, verb)):
            done = processes.run(
                command.words,
                cwd=folder,
                env={**env, **dict(command.variables)},
                timeout=link.step.settings.timeout,
            )
            if done.code:
                said = _end(output_comparison.lines_of(done.text))
                raise CourseError(f"before-console: `{command}` failed: {said}")

    def _shell_of_course(self) -> Shell:
        """Return a shell in an export of the working copy, where ``course`` is this very tool."""
        store = self.checked.site.chain.store
        folder = self.workspace.new(_COURSE)
        write_entries(store, store.entries(self.checked.tree), folder)
        make_repository(folder)
        env = variables.of_course(self.checked.site.chain.repository, self.workspace)
        shell = Shell(folder, self._detour(env), self.workspace.new("shell"))
        self.stack.callback(shell.close)
        return shell


def _compared(command: Command, actual: Sequence[str], *, more: bool = False) -> str:
    """Compare the output of a command with what the page shows.

    Args:
        command: the command.
        actual: what it printed.
        more: whether more may follow, as from a server that goes on.
    """
    if not command.output:
        return ""
    shown = transcripts.expected(command.output)
    problem = output_comparison.difference([*shown, ANY] if more else shown, actual)
    if problem and command.typed:
        # What is typed at a prompt for a password does not appear.
        blank = [transcripts.TYPED.sub("", line) for line in command.output]
        mixed = [
            line if "assword" in line else shown
            for line, shown in zip(blank, transcripts.expected(command.output), strict=True)
        ]
        for attempt in (blank, mixed):
            problem = output_comparison.difference(attempt, actual)
            if not problem:
                return ""
    return problem


def _end(lines: Sequence[str], most: int = 12) -> str:
    shown = lines[-most:]
    return "\n" + "\n".join(f"    {line}" for line in shown) if shown else "(nothing)"
