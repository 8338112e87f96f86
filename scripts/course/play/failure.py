"""Reads one failed test: expected and actual values, place; patterns for pytest and unittest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# `File "…", line 12` of a traceback, and `tests/test_x.py:12: AssertionError` of pytest's.
_FRAME = re.compile(
    r'^[E>\s]*File "(?P<quoted>[^"]+)", line (?P<number>\d+)'
    r"|^(?P<plain>[^\s:]+\.\w+):(?P<line>\d+):",
    re.MULTILINE,
)
_RAISED = re.compile(
    r"^(?P<kind>[\w.]*(?:Error|Exception|Warning|DoesNotExist|NoReverseMatch|Exit"
    r"|Failed|Configured|NotFound|Denied|Http404))\b(?::\s*(?P<said>.*))?$"
)
_COUNTED = re.compile(
    r"^AssertionError: (?P<got>\d+) != (?P<wanted>\d+) : .*?"
    r"Found \d+ instances? of (?P<what>.+?) \(expected"
)
_EQUAL = (
    # Of pytest; the left side is what the code gave.
    re.compile(r"^(?:AssertionError: )?assert (?P<got>.+?) == (?P<wanted>.+)$"),
    # Of unittest.
    re.compile(r"^AssertionError: (?P<got>.+?) != (?P<wanted>.+?)(?: : .*)?$"),
)
_HELD = (
    re.compile(r"^(?:AssertionError: )?assert (?P<wanted>.+?) in (?P<got>.+)$"),
    re.compile(
        r"^AssertionError: (?:Regex didn't match: )?(?P<wanted>.+?) not found in (?P<got>.+)$"
    ),
    re.compile(r"^AssertionError: .*Couldn't find (?P<wanted>.+?) in (?P<got>.+?)[:.]?$"),
)
_NO_RAISE = re.compile(
    r"(?:AssertionError: (?P<unit>\w+) not raised|DID NOT RAISE <class '(?P<py>[\w.]+)'>)"
)
# pytest, of a fixture that raises.
_IN_FIXTURE = re.compile(r'^failed on (?:setup|teardown) with "(?P<said>.+?)"?$')
# Of pytest, below two values that it has shortened: where they differ.
_UNLIKE = re.compile(
    r"^E?\s*(?P<said>(?:Left|Right) contains (?:one more item: |\d+ more items, first ).+"
    r"|At index .+)$",
    re.MULTILINE,
)
_HEADING = re.compile(
    r"(?P<differing>Differing items:)|Extra items in the (?P<set>left|right) set:"
    r"|(?P<dict>Left|Right) contains \d+ more items?:"
)
_PAIR = re.compile(r"(?P<got>\{.+\}) != (?P<wanted>\{.+\})")
_TEXTS = re.compile(
    r"^E\s*- (?P<wanted>.+)\n(?:E\s*\?.*\n)?E\s*\+ (?P<got>.+)$",
    re.MULTILINE,
)
# Of pytest, on what is only true or false: the values, and below them where each came from.
_VALUE = "(?:True|False|None)"
_TRUTH = re.compile(
    rf"^(?:AssertionError: )?assert (?:not )?\(?{_VALUE}(?: (?:and|or) {_VALUE})*\)?$"
)
_WHERE = re.compile(r"^E?\s*\+  (?:where|and  ) (?P<value>\w+) = (?P<call>.+)$", re.MULTILINE)
_OBJECT = re.compile(
    r"^E?\s*\+ +(?:where|and) +(?P<shown><.+ at 0x\w+>) = (?P<written>.+)$", re.MULTILINE
)
_LONG, _LONG_PARAMETERS = 160, 30


@dataclass(frozen=True)
class Failure:
    """A test, or a command, that did not do what it should.

    Attributes:
        name: the test's full name, or the command.
        raised: the line that says what happened.
        text: all that was said.
        frames: the places in the copy that it passed through, the innermost last.
        is_test: whether it is a test.
        whole: whether it is a file of tests, none of which could be loaded.
    """

    name: str
    raised: str
    text: str
    frames: tuple[tuple[str, int], ...] = ()
    is_test: bool = True
    whole: bool = False

    @property
    def title(self) -> str:
        """The behaviour in words: tests are named by sentences."""
        if not self.is_test:
            return f"`{self.name}`"
        if self.whole:
            return f"all tests of {self.name.replace('.', '/')}.py"
        plain, _, parameters = self.name.partition("[")
        last = plain.rpartition(".")[2]
        words = re.sub(r"^test_?", "", last).replace("_", " ").strip() or last
        if len(parameters) > _LONG_PARAMETERS:
            parameters = f"{parameters[:_LONG_PARAMETERS]} …]"
        return words + (f" [{parameters}" if parameters else "")

    @cached_property
    def cause(self) -> str:
        """The exception that began it: of a chain of exceptions, what the test shows last."""
        return _short(_closed(self.raised)) or "it printed nothing"

    @cached_property
    def expected(self) -> str:
        """What the test asked for, where the message says it; else empty."""
        if match := _COUNTED.match(self.raised):
            return f"{_short(match['what'])} {_times(match['wanted'])}"
        for pattern in (*_EQUAL, *_HELD):
            if match := self._compared(pattern):
                wanted = _short(match["wanted"])
                if pattern not in _EQUAL:
                    return f"{wanted} in it"
                return self._differing(match)[0] or wanted
        if match := _NO_RAISE.search(self.raised):
            return f"{match['unit'] or match['py']} is raised"
        return ""

    def _compared(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the two values that were compared, if a pattern finds whole ones.

        Of ``assert (2 == 2 and False)``, it would find what no value is.
        """
        match = pattern.match(self.raised)
        sides = (match["got"], match["wanted"]) if match else ()
        whole = all("..." in side or side.count("(") == side.count(")") for side in sides)
        return match if whole else None

    @cached_property
    def happened(self) -> str:
        """What came instead."""
        if match := _COUNTED.match(self.raised):
            return f"it is there {_times(match['got'])}"
        for pattern in (*_EQUAL, *_HELD):
            if match := self._compared(pattern):
                got = _short(match["got"])
                # What follows there, a whole page, does not follow here.
                got = got.replace("the following ", "the ")
                if pattern not in _EQUAL:
                    return f"it is not in {got}"
                return self._differing(match)[1] or got
        if _NO_RAISE.search(self.raised):
            return "nothing was raised"
        return self._where() or self.cause

    def _differing(self, match: re.Match[str]) -> tuple[str, str]:
        """Return what was expected and what happened at the first place where two values differ.

        Both are empty where the values themselves say it, or pytest does not say where.
        """
        got, wanted = match["got"], match["wanted"]
        alike = got == wanted
        # Of a set, each side is cut at other items.
        if not alike and not (got[0] == wanted[0] == "{" and "..." in got and "..." in wanted):
            return "", ""
        listed = self._listed()
        first = min(listed.get("differing", ()), default="")
        if alike and (found := _PAIR.fullmatch(first) or _TEXTS.search(self.text)):
            return _short(found["wanted"]), _short(found["got"])
        only = {}
        for side in ("left", "right"):
            if items := listed.get(f"{side} set"):
                only[side] = _short(", ".join(sorted(items)))
            elif alike and (lines := listed.get(f"{side} dict")):
                only[side] = _short(" ".join(lines))
        if len(only) == 2:
            return only["right"], only["left"]
        if "left" in only:
            return "nothing else", f"also {only['left']}"
        if "right" in only:
            return f"also {only['right']}", "missing"
        if alike and (unlike := _UNLIKE.search(self.text)):
            return "", _short(unlike["said"])
        return "", ""

    def _listed(self) -> dict[str, list[str]]:
        """Return what pytest lists of two values: pairs that differ, and what one side has alone.

        What comes in any order is left out where pytest has cut it: another run would show others.
        """
        found: dict[str, list[str]] = {}
        lines: list[str] | None = None
        for line in self.text.splitlines():
            line = line[1:].strip() if line.startswith("E") else ""
            if match := _HEADING.fullmatch(line):
                kind = "differing" if match["differing"] else "set" if match["set"] else "dict"
                side = (match["set"] or match["dict"] or "").lower()
                lines = found.setdefault(f"{side} {kind}".strip(), [])
            elif "Full output truncated" in line:
                return {
                    name: some
                    for name, some in found.items()
                    if name.endswith("dict") or (name == "differing" and some is not lines)
                }
            elif not line or line.startswith("Use -v"):
                lines = None
            elif lines is not None:
                lines.append(line.removesuffix("..."))
        return found

    def _where(self) -> str:
        """Return the call whose value decided, where the message has no more than that value."""
        calls = list(_WHERE.finditer(self.text)) if _TRUTH.match(self.raised) else []
        if not calls:
            return ""
        # What is evaluated last decides.
        call = calls[-1]["call"]
        for match in _OBJECT.finditer(self.text, calls[-1].end()):
            call = call.replace(match["shown"], match["written"])
        return "" if " at 0x" in call else _short(f"{call} is {calls[-1]['value']}")

    @property
    def kind(self) -> str:
        """The name of what was raised, without its module."""
        match = _RAISED.match(self.raised)
        return match["kind"].rpartition(".")[2] if match else ""

    def last_lines(self, most: int = 3) -> list[str]:
        """Return the last lines that say something."""
        lines = [line.rstrip() for line in self.text.splitlines() if line.strip()]
        return lines[-most:]


def of_test(name: str, raised: str, text: str, folder: Path) -> Failure:
    """Return the failure of a test.

    Args:
        name: the test's full name.
        raised: the line that says what happened.
        text: all that was said.
        folder: the copy in which it ran, which must still be there.
    """
    if match := _IN_FIXTURE.match(raised):
        raised = match["said"]
    return Failure(name, raised, text, _frames(text, folder))


def of_command(command: str, output: str, folder: Path, raised: str = "") -> Failure:
    """Return the failure of a command from what it printed, in a copy that is still there."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("$ ")]
    if not raised:
        raised = next((line for line in reversed(lines) if _RAISED.match(line)), "")
    raised = raised or next(reversed(lines), "")
    if raised.endswith(":") and raised in lines:
        # Headings follow, such as "ERRORS:", and then what is wrong.
        after = lines[lines.index(raised) + 1 :]
        raised = f"{raised} {next((line for line in after if not line.endswith(':')), '')}".strip()
    return Failure(command, raised, output, _frames(output, folder), is_test=False)


def _frames(text: str, folder: Path) -> tuple[tuple[str, int], ...]:
    found = []
    for match in _FRAME.finditer(text):
        path = Path(match["quoted"] or match["plain"])
        path = path if path.is_absolute() else folder / path
        if path.is_relative_to(folder) and path.is_file():
            line = int(match["number"] or match["line"])
            found.append((path.relative_to(folder).as_posix(), line))
    return tuple(found)


def same_cause(failures: Iterable[Failure]) -> dict[tuple[str, str], list[Failure]]:
    """Return failures by what they say, numbers and names in quotes aside."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        own = next(reversed(failure.frames), ("", 0))[0]
        plain = re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "…", failure.raised)
        groups.setdefault((plain[:80], own), []).append(failure)
    return groups


def _times(number: str) -> str:
    return {"0": "not once", "1": "once", "2": "twice"}.get(number, f"{number} times")


def _closed(text: str) -> str:
    """Close the brackets of an assertion that pytest continues on lines that are not shown."""
    missing = text.count("(") - text.count(")")
    return f"{text} …{')' * missing}" if missing > 0 and "assert " in text else text


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"
