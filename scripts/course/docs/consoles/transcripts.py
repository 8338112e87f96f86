"""The syntax of console blocks: prompts, comments, expected output, and what a person types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course.docs.fences import Block, console_words
from course.errors import CourseError

ANY = "…"
TYPED = re.compile(r"«([^»]*)»")


@dataclass(frozen=True)
class Command:
    """A command of a transcript.

    Attributes:
        text: what is typed at the prompt; its lines joined by line feeds.
        output: the lines shown below it; none when any output will do.
        offset: its line inside the block, from 0.
    """

    text: str
    output: tuple[str, ...]
    offset: int

    @property
    def typed(self) -> tuple[str, ...]:
        """What a person types while it runs."""
        return tuple(text for line in self.output for text in TYPED.findall(line))


@dataclass(frozen=True)
class Transcript:
    """A console block.

    Attributes:
        commands: its commands in order.
        words: what stands after ``console``, each with its value.
        line: the line of its opening marks in the page, from 1.
    """

    commands: tuple[Command, ...]
    words: dict[str, str]
    line: int

    @property
    def not_run(self) -> str:
        """Why it is never run; empty if it is."""
        return self.words.get("not-run", "")

    @property
    def at_course(self) -> bool:
        """Whether it runs in the folder of the course, and not in that of a step."""
        return "at" in self.words

    @property
    def background(self) -> bool:
        """Whether its last command keeps running."""
        return "background" in self.words


def read(block: Block, line: int) -> Transcript:
    """Read a console block.

    Args:
        block: the block.
        line: the line of its opening marks in the page, from 1.

    Raises:
        CourseError: when there is no command in it, or a word after ``console`` is wrong.
    """
    words = console_words(block)
    for name in ("port", "exit"):
        if name in words and not words[name].isdigit():
            raise CourseError(f"console {name}={words[name]!r} is not a number.", "Fix it.")
    if words.get("at", "course") != "course":
        raise CourseError(f"console at={words['at']!r}: nobody knows where.", 'Write at="course".')
    if "at" in words and "step" in words:
        raise CourseError("console at and step: one place, not two.", "Take one of them out.")
    commands: list[Command] = []
    text, output, offset = "", list[str](), -1

    def finish() -> None:
        if offset >= 0:
            while output and not output[-1].strip():
                output.pop()
            commands.append(Command(text, tuple(output), offset))
            output.clear()

    lines = list(block.lines)
    for number, content in enumerate(lines):
        if content.startswith("$ "):
            finish()
            text, offset = content[2:], number
        elif is_continuation(content) and offset >= 0 and not output:
            text += "\n" + content[2:]
        elif is_comment(lines, number):
            continue
        elif offset >= 0:
            output.append(content.rstrip())
        elif content.strip():
            raise CourseError(
                f"a console block that begins with output: {content!r}.",
                "Its first line is a command: `$ …`.",
            )
    finish()
    if not commands:
        raise CourseError("a console block without a command.", "A command begins with `$ `.")
    return Transcript(tuple(commands), words, line)


def is_continuation(line: str) -> bool:
    """Whether a line goes on with the command above; an empty one may be a mere ``>``."""
    return line.startswith("> ") or line == ">"


def is_comment(lines: Sequence[str], number: int) -> bool:
    """Return whether a line is a comment: ``# `` with nothing but comments up to a command."""
    if not lines[number].startswith("# "):
        return False
    for line in lines[number + 1 :]:
        if line.startswith("$ "):
            return True
        if not line.startswith("# "):
            return False
    return False


def expected(lines: Iterable[str]) -> list[str]:
    """Return lines of output without the marks around what is typed."""
    return [TYPED.sub(r"\1", line) for line in lines]
