"""What the verbs that need an engine or a browser share: options, what is remembered and said.

Each takes minutes, so that it runs only when somebody asks for it, and what passed is remembered by
its content. Where a machine lacks what a check demands, the check is named as not run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import click

from course import console
from course.cache.check_results import Memory
from course.cache.check_results import key as memory_key
from course.chain import Chain, Link
from course.errors import CourseError, Lacking
from course.planted_faults import Wrong
from course.repository import Repository

# What a check saw when it passed; its ``seconds`` are added.
Seen = Mapping[str, object]


@dataclass(frozen=True)
class Check:
    """One check of a step, which runs as the step is, and with what is planted.

    Attributes:
        verb: the command that it belongs to.
        link: the step.
    """

    verb: ClassVar[str]
    link: Link

    @property
    def name(self) -> str:
        """How it is called: the step, and what of it."""
        return f"{self.link.name}  {self.part}" if self.part else self.link.name

    @property
    def part(self) -> str:
        """What of the step it checks; empty if a step has one such check."""
        return ""

    @property
    def planted(self) -> str:
        """What is planted, in words."""
        return "what was planted"

    def key(self, chain: Chain) -> str:
        """What identifies it by all that its result depends on."""
        return memory_key(self.verb, chain.tree_of(self.link), *self.depends(chain))

    def depends(self, chain: Chain) -> Sequence[object]:
        """What its result depends on, beside the files of the step."""
        raise NotImplementedError

    def passed(self, seen: Seen) -> str:
        """Say what was seen now."""
        return f"{self._times(seen)}; {seen['seconds']} s in all"

    def remembered(self, seen: Seen) -> str:
        """Say what was seen when it passed."""
        return f"remembered: {self._times(seen)}"

    def _times(self, seen: Seen) -> str:
        return f"green in {seen['green']} s, and red in {seen['red']} s with {self.planted}"


C = TypeVar("C", bound=Check)
# Runs a check by what it is given, tells what comes of it, and remembers that it passed.
Try = Callable[[C, Callable[[], Seen]], None]
# Makes ready what some checks demand, and tries each, from any thread.
CarryOut = Callable[[Chain, Sequence[C], Try[C]], None]


def command(
    of: Callable[[Sequence[Link]], Sequence[C]], none: str, check: type[C]
) -> Callable[[CarryOut[C]], click.Command]:
    """Make what carries out checks the command for them; its docstring is the help.

    Args:
        of: returns the checks of some links.
        none: what is said when there are none.
        check: their class, which names the command.
    """

    def made(carry_out: CarryOut[C]) -> click.Command:
        @click.command(check.verb, help=carry_out.__doc__)
        @click.argument("steps", nargs=-1, metavar="[STEP]...")
        @click.option(
            "--fresh", is_flag=True, help="Run everything, also what is remembered as passed."
        )
        def run(steps: tuple[str, ...], fresh: bool) -> None:
            chain = Chain(Repository.find())
            checks = of([chain.find(step) for step in steps] or chain.links)
            if checks:
                _run(chain, checks, Memory(chain.repository, use=not fresh), carry_out)
            else:
                console.note(none)

        return run

    return made


def _run(chain: Chain, checks: Sequence[C], memory: Memory, carry_out: CarryOut[C]) -> None:
    """Run the checks that are not remembered as passed.

    Raises:
        SystemExit: when one fails.
    """
    due, failed = [], list[C]()
    for check in checks:
        if (seen := memory.get(check.key(chain))) is None:
            due.append(check)
        else:
            _tell("[dim]=[/]", check, check.remembered(seen))

    def attempt(check: C, prove: Callable[[], Seen]) -> None:
        key, begun = check.key(chain), time.monotonic()
        try:
            seen = dict(prove())
        except Lacking as reason:
            _not_run(check, reason)
        except (Wrong, CourseError) as problem:
            failed.append(check)
            _tell("[bold red]✗[/]", check, _said(problem, chain.repository))
        else:
            seen["seconds"] = round(time.monotonic() - begun)
            memory.put(key, seen)
            _tell("[green]✓[/]", check, check.passed(seen))

    if due:
        try:
            carry_out(chain, due, attempt)
        except Lacking as reason:
            for check in due:
                _not_run(check, reason)
    if memory.problem:
        console.warn(f"some results could not be remembered: {memory.problem}")
    if failed:
        raise SystemExit(1)


def _said(problem: Wrong | CourseError, repository: Repository) -> str:
    if isinstance(problem, Wrong):
        return f"{problem.message}\n  → read {problem.log.relative_to(repository.root)}"
    return f"{problem.problem}\n  → {problem.remedy}"


def _not_run(check: Check, reason: Lacking) -> None:
    _tell("[bold yellow]NOT RUN[/]", check, f"{reason.problem}\n  → {reason.remedy}")


def _tell(sign: str, check: Check, text: str) -> None:
    console.out.print(f"{sign} [bold]{check.name}[/]  {console.escape(text)}", highlight=False)
