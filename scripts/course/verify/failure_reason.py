"""Why a command of a check failed: the line of output that is shown, its place, the advice."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from course.catalogue import Command, Remedy
from course.processes import Finished

MORE_TIME = " Fix that, or give it more time: `timeout` in the catalogue"
_MOST = 300
_TELLING = re.compile(
    r"\b(\w*Error|error|FAIL(ED)?|fatal|CommandError|would reformat|not reached|refused)\b|"
    r"^\S+:\d+:\d+: [A-Z]\d+",
)
# A linter's complaint; its first one says more than the sum at its end.
_COMPLAINT = re.compile(r":\d+:\d+: [A-Z]|would reformat|cannot (parse|format)\b")
_RAISED = re.compile(r"[\w.]*(Error|Exception)\b")
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
# faulthandler's report: each thread, and its places, the innermost first.
_THREAD = re.compile(r"^(?:Current thread|Thread) 0x")
_STACK = re.compile(r'^\s*File "[^"]+", line \d+ in \S')
_STANDS_IN_TEST = re.compile(r" in (\w+\.)*test")
_MISSING = re.compile(
    r"(?:ModuleNotFoundError|ImportError)\b.*?: No module named '([\w.]+)'"
    r"|^\S*python\S*: No module named ([\w.]+)",
    re.MULTILINE,
)


def failure(
    command: Command,
    done: Finished,
    log: Path,
    start: int = 0,
    folder: Path | None = None,
    remedies: Iterable[Remedy] = (),
) -> str:
    """Say in a line why a command failed.

    Args:
        command: the command, as it is to be shown.
        done: how it ended.
        log: where it wrote, after ``start`` bytes.
        folder: where it ran, which is left out of the names of files.
        remedies: what fixes a failure, by what was printed; the first that fits is told.
    """
    if done.timed_out:
        where = hanging_test(log, start)
        place = f" It hangs in {where}." if where else ""
        return (
            f"`{command.plain}` did not end within {done.seconds:.0f} s and was ended.{place}"
            f"{MORE_TIME}"
        )
    said = tail(log, start, folder)
    text = within(read_log(log, start), folder)
    advice = next(filter(None, (remedy.told(text) for remedy in remedies)), "")
    return f"`{command.plain}` ended with code {done.code}: {said}" + (advice and f"; {advice}")


def no_program(command: Command, name: str) -> str:
    """Say that a command's program is nowhere on the path."""
    return (
        f"`{command}`: there is no program {name}; it is not in the step's lock:"
        " poetry add it there, then: course lock"
    )


def hanging_test(log: Path, start: int = 0) -> str:
    """Return where a test stood when its time was up, from faulthandler's report in a log.

    Where no test was running, it is the innermost place outside Python's own library.
    """
    frames = re.findall(r'File "([^"]+)", line (\d+) in (\S+)', read_log(log, start))
    own = [frame for frame in frames if not re.search(r"[\\/]lib[\\/]python|^<frozen", frame[0])]
    tests = [frame for frame in own if frame[2].startswith("test")]
    found = tests or own
    if not found:
        return ""
    path, line, name = found[0]
    return f"{name} ({'/'.join(Path(path).parts[-2:])}, line {line})"


def hanging_frames(log: Path, start: int = 0) -> list[str]:
    """Return the lines of faulthandler's report that lead to where a test stood, innermost last.

    Of several threads it is the one that a test runs in.
    """
    threads: list[list[str]] = [[]]
    for line in read_log(log, start).splitlines():
        if _THREAD.match(line):
            threads.append([])
        elif _STACK.match(line):
            threads[-1].append(line)
    testing = (stack for stack in threads if any(_STANDS_IN_TEST.search(line) for line in stack))
    return list(reversed(next(testing, threads[-1])))


def read_log(log: Path, start: int = 0) -> str:
    """Return a log's text after its first ``start`` bytes, without colours."""
    try:
        text = log.read_bytes()[start:].decode("utf-8", "replace")
    except OSError:
        return ""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def within(text: str, folder: Path | None) -> str:
    """Return a text with the files of a folder named as they are called there."""
    return text.replace(f"{folder}{os.sep}", "") if folder else text


def missing_module(text: str) -> str:
    """Say which module an import did not find, and what fixes it; ``""`` if none was missed."""
    missing = _MISSING.search(text)
    if missing is None:
        return ""
    return (
        f"no module named {missing[1] or missing[2]!r}: misspelt, or not in the step's lock"
        " (poetry add it there, then: course lock)"
    )


def where_raised(text: str) -> str:
    """Return the innermost place of the last traceback inside the folder it ran in.

    Where it began says nothing: that is the program itself.

    Args:
        text: what was printed, `within` applied.

    Returns:
        ``" (notes.py, line 3)"``; ``""`` when there is none.
    """
    frames = _FRAME.findall(text.rpartition("Traceback (most recent call last):")[2])
    for number, (path, line) in reversed([*enumerate(frames)]):
        own = not (Path(path).is_absolute() or path.startswith("<"))
        if own and (number or len(frames) == 1):
            return f" ({Path(path).as_posix()}, line {line})"
    return ""


def tail(log: Path, start: int = 0, folder: Path | None = None) -> str:
    """Return the line of a log that says most about why a command failed, and where."""
    text = within(read_log(log, start), folder)
    missing = missing_module(text)
    if missing:
        return missing
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("$ ")]
    telling = [line for line in lines if _TELLING.search(line)]
    if not telling:
        return (lines or ["it printed nothing"])[-1][:_MOST]
    complaints = [line for line in telling if _COMPLAINT.search(line)]
    if complaints:
        return complaints[0][:_MOST]
    # A traceback's last line.
    said = telling[-1][:_MOST]
    where = where_raised(text) if _RAISED.match(said) else ""
    return said if where.strip() in said else said + where
