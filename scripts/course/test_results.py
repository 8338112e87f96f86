"""Test results by name, from JUnit's XML or from what ``unittest -v`` prints."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field

# unittest: "test_name (package.module.Class.test_name) ... ok"; a doc string stands on a line of
# its own in between, and a warning or what the test prints may stand before the verdict.
_UNITTEST = re.compile(r"^(?P<name>[\w.]+) \((?P<where>[\w.<>-]+)\)", re.MULTILINE)
_FIXTURES = frozenset({"setUpClass", "tearDownClass", "setUpModule", "tearDownModule"})
_VERDICT = re.compile(
    r"(?:\.\.\. |^)(?P<verdict>ok|FAIL|ERROR|skipped .*|expected failure|unexpected success)\s*$",
    re.MULTILINE,
)
_LATE_VERDICT = re.compile(r"(?P<verdict>ok|FAIL|ERROR)\s*\Z")
_LOADER = "unittest.loader._FailedTest"
_RULE = re.compile(r"^={70}$|^-{70}$", re.MULTILINE)
_TRACEBACK = re.compile(
    r"^={70}\n(?:FAIL|ERROR): (?P<name>[\w.]+) \((?P<where>[\w.<>-]+)\).*?\n-{70}\n"
    r"(?P<trace>.*?)(?=^={70}$|^-{70}$|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass
class Results:
    """The outcome of a run of tests.

    Attributes:
        states: by the test's name (``package.module.Class.test``): ``passed``, ``failed`` or
            ``skipped``.
        unimported: modules whose tests could not be loaded.
        messages: by the test's name, the first line of why it failed.
        details: by the test's name, all that was said of why it failed.
    """

    states: dict[str, str] = field(default_factory=dict)
    unimported: set[str] = field(default_factory=set)
    messages: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)

    def named(self, state: str) -> list[str]:
        """Return the names of the tests with this outcome."""
        return [name for name, found in self.states.items() if found == state]

    def as_json(self) -> dict[str, object]:
        """Return it in a form that JSON can hold."""
        return {"states": self.states, "unimported": sorted(self.unimported)}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Results:
        """Return what `as_json` gave."""
        states = data.get("states")
        unimported = data.get("unimported")
        return cls(
            dict(states) if isinstance(states, dict) else {},
            set(unimported) if isinstance(unimported, list) else set(),
        )


def from_junit(xml: bytes) -> Results:
    """Read JUnit's XML as pytest and others write it.

    Raises:
        ValueError: when it is not XML.
    """
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError(f"not JUnit XML: {error}") from None
    results = Results()
    for case in root.iter("testcase"):
        classname, name = case.get("classname") or "", case.get("name") or ""
        fault = case.find("failure")
        if fault is None:
            fault = case.find("error")
        if fault is not None and fault.tag == "error" and not classname:
            # pytest: a module that could not be collected bears its own name and no class.
            results.unimported.add(name)
            results.messages[name] = _first_line(fault.text or fault.get("message") or "")
            results.details[name] = fault.text or fault.get("message") or ""
            continue
        full = f"{classname}.{name}" if classname else name
        if fault is not None:
            results.states[full] = "failed"
            results.messages[full] = _first_line(fault.get("message") or fault.text or "")
            results.details[full] = fault.text or fault.get("message") or ""
        elif case.find("skipped") is not None:
            results.states.setdefault(full, "skipped")
        else:
            results.states.setdefault(full, "passed")
    return results


def from_unittest(output: str) -> Results:
    """Read what ``unittest -v`` (and so ``manage.py test -v 2``) prints."""
    results = Results()
    output = output.replace("\r\n", "\n")
    # After the first rule come the tracebacks, which name the tests once more.
    body = _RULE.split(output, maxsplit=1)[0]
    # A line of a doc string may look like a test's name: its parentheses give it away.
    found = [
        (match, _full_name(match["name"], match["where"])) for match in _UNITTEST.finditer(body)
    ]
    tests = [(match, name) for match, name in found if name]
    ends = [match.start() for match, _ in tests[1:]] + [len(body)]
    for (match, full), end in zip(tests, ends, strict=False):
        if full.startswith(_LOADER):
            results.unimported.add(full.removeprefix(f"{_LOADER}."))
            continue
        chunk = body[match.end() : end]
        verdict = _VERDICT.search(chunk) or _LATE_VERDICT.search(chunk)
        word = verdict["verdict"] if verdict else "ERROR"
        if word.startswith("skipped"):
            results.states[full] = "skipped"
        elif word in ("ok", "expected failure"):
            results.states[full] = "passed"
        else:
            results.states[full] = "failed"
    for match in _TRACEBACK.finditer(output):
        full = _full_name(match["name"], match["where"]).removeprefix(f"{_LOADER}.")
        results.messages.setdefault(full, _raised(match["trace"]))
        results.details.setdefault(full, match["trace"])
    return results


def _full_name(name: str, where: str) -> str:
    """Return a test's full name; ``""`` for what is none."""
    if where.endswith(f".{name}"):
        return where
    return f"{where}.{name}" if name in _FIXTURES else ""


def _raised(trace: str) -> str:
    """Return the line of a traceback that says what was raised."""
    after = trace.rpartition("Traceback (most recent call last):")[2].splitlines()
    return next((line.strip() for line in after if line.strip() and line[0] != " "), "")


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    # pytest marks what was raised with an E; a long comparison may follow, or source code precede.
    marked = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    raised = [line for line in marked if re.match(r"[\w.]+(Error|Exception)\b", line)]
    if lines and not marked and lines[0].startswith('File "'):
        # A module that cannot be read: where, its line, and then what is wrong with it.
        raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
    return (raised[-1:] or marked or lines or [""])[0]
