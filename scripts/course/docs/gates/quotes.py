"""What a step's page quotes is there: code in blocks, `inline code`, and numbers.

The words of fences (captions, titles, reasons) count like all other words of the page. Each must
stand in the step, in the step before, or in what a console block or a mistake of the page prints.
What is somebody else's (a message of Django, a command, an example) is listed in
``docs/quotes.toml`` with the reason; so a quote that the step has no more is heard of at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import tomlkit
from pydantic import BaseModel, ConfigDict, ValidationError

from course.chain import Link
from course.difference.changes import FileChange
from course.docs import fences, figures, pages
from course.docs.checked import Checked
from course.docs.consoles.check import OTHER_SYSTEMS, UNTOLD
from course.docs.fences import CONSOLE, Block
from course.docs.gates import exercises, words
from course.docs.mistake_fence import MISTAKE
from course.docs.pages import Page
from course.docs.site import Fault
from course.errors import CourseError
from course.repository import write_if_changed

FILE = f"{pages.DOCS}/quotes.toml"
NO_REASON = "?"
_HEADER = """\
# What pages of steps quote in `inline code`, or state as a number, though neither the step, nor the
# one before, nor a console block of the page has it: whose it is. `course docs quotes --write` adds
# what is missing with the reason "?", and takes out what no page needs any more.

"""
_EXAMPLE = re.compile(r"<!--\s*example:\s*\S.*?-->\s*$", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,/#:-])\d[\d,.]*\d(?![\w/])|(?<![\w.,/#:-])\d(?![\w.,/])")
_COUNTED = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
).split()
_TESTS = re.compile(rf"\b(?<!and )({'|'.join(_COUNTED)}|\d+)\s+tests\b", re.IGNORECASE)
_LINES = re.compile(r"\b(\d+) lines?\b")
_NAME = re.compile(r"[\w.]+(?:\(\))?")
_SAYS = re.compile(r"\A(?:[A-Z_]+=\S*\s+)*(?:\$ )?(?P<program>[\w.-]+)(?=\s)")
# Each word of a command is looked for by itself, and so is each of an HTTP request.
_COMMANDS = frozenset(
    "cat cd chmod course cp curl black env flake8 git ls make mkdir mv node npm pip poetry"
    " pre-commit py pytest python python3 rm sqlite3 sudo"
    " DELETE GET HEAD OPTIONS PATCH POST PUT".split()
)
_NOT_CODE = frozenset({CONSOLE, MISTAKE, "mermaid", "markdown", *fences.KEYS})


class _Quoted(BaseModel):
    """A table of the list."""

    model_config = ConfigDict(extra="forbid")

    page: str
    reason: str
    code: list[str] = []
    numbers: list[str] = []


@dataclass(frozen=True)
class Quote:
    """Something on a page that its step does not have.

    Attributes:
        page: the page.
        line: its line, from 1.
        text: what stands there.
        number: whether it is a number.
    """

    page: Page
    line: int
    text: str
    number: bool = False


def check(checked: Checked) -> list[Fault]:
    """Check the quotes of every page of a step."""
    try:
        listed = read(checked)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        said = " ".join(str(error).split())
        return [Fault(FILE, 0, f"cannot be read: {said}", "Fix it, or: git checkout -- " + FILE)]
    known = {(q.page, text) for q in listed for text in (*q.code, *q.numbers)}
    faults, used = [], set()
    for page in _of_steps(checked):
        faults += list(_blocks(checked, page))
    for quote in foreign(checked):
        key = (quote.page.uri, quote.text)
        used.add(key)
        if key not in known:
            what = f"the number {quote.text}" if quote.number else f"`{quote.text}`"
            problem = f"{what}: neither the step nor the step before has it."
            remedy = f"Fix it; or say whose it is: course docs quotes --write, and {FILE}"
            faults.append(Fault(quote.page.place, quote.line, problem, remedy))
    for page_uri, text in sorted(known - used):
        problem = f"{text!r} is listed for {page_uri}, which does not need it."
        faults.append(Fault(FILE, 0, problem, "course docs quotes --write"))
    for quoted in listed:
        if quoted.reason.strip() in ("", NO_REASON):
            said = ", ".join((*quoted.code, *quoted.numbers)[:3])
            faults.append(Fault(FILE, 0, f"{quoted.page}: no reason for {said}", "Write it there."))
    return faults


def read(checked: Checked) -> list[_Quoted]:
    """Return the list.

    Raises:
        ValidationError: when a table is not as it should be.
        TOMLDecodeError: when it is no TOML.
    """
    path = checked.site.chain.repository.root / FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    tables = tomllib.loads(text).get("quoted", [])
    return [_Quoted.model_validate(table) for table in tables]


def write(checked: Checked) -> tuple[int, int]:
    """Bring the list up to date; return how many quotes came, and how many went."""
    listed = read(checked)
    found = {(q.page.uri, q.text): q.number for q in foreign(checked)}
    known = {(q.page, text) for q in listed for text in (*q.code, *q.numbers)}
    for quoted in listed:
        quoted.code = [text for text in quoted.code if (quoted.page, text) in found]
        quoted.numbers = [text for text in quoted.numbers if (quoted.page, text) in found]
    for (uri, text), number in found.items():
        if (uri, text) in known:
            continue
        new = next((q for q in listed if (q.page, q.reason) == (uri, NO_REASON)), None)
        if new is None:
            new = _Quoted(page=uri, reason=NO_REASON)
            listed.append(new)
        (new.numbers if number else new.code).append(text)
    listed.sort(key=lambda quoted: quoted.page)
    tables = tomlkit.aot()
    for quoted in listed:
        if not quoted.code and not quoted.numbers:
            continue
        table = tomlkit.table()
        table.update({"page": quoted.page, "reason": quoted.reason})
        for key, values in (("code", quoted.code), ("numbers", quoted.numbers)):
            if values:
                array = tomlkit.array()
                array.extend(sorted(set(values)))
                table[key] = array.multiline(True)
        tables.append(table)
    document = tomlkit.document()
    document["quoted"] = tables
    path = checked.site.chain.repository.root / FILE
    write_if_changed(path, (_HEADER + tomlkit.dumps(document)).encode("utf-8"))
    return len(set(found) - known), len(known - set(found))


def foreign(checked: Checked) -> Iterator[Quote]:
    """Yield the inline code and the numbers of pages that their step does not have."""
    for page in _of_steps(checked):
        link = checked.step_of(page)
        assert link is not None
        source = _Source(checked, page, link)
        answers = exercises.answer_lines(page)
        for line, code in words.inline_code(page):
            if line in answers:
                continue
            if not words.judges(code) and not source.has_code(code):
                yield Quote(page, line, code)
        for line, code in _drawn(page, checked):
            if not source.has_code(code):
                yield Quote(page, line, code)
        for line, text in _lengths(page, checked.site.changes(link)):
            yield Quote(page, line, text, number=True)
        for line, text in _numbers(page):
            if line not in answers and not source.has_number(text):
                yield Quote(page, line, text, number=True)


def _of_steps(checked: Checked) -> Iterator[Page]:
    chain = checked.site.chain
    for uri, page in checked.pages.items():
        if pages.is_step_page(chain, uri, checked.step_of(page)):
            yield page


def _blocks(checked: Checked, page: Page) -> Iterator[Fault]:
    """Yield the blocks of code that are no code of the step, and not said to be an example."""
    link = checked.step_of(page)
    assert link is not None
    source: _Source | None = None
    answers = exercises.answer_lines(page)
    for block in page.blocks:
        if block.first + 1 in answers:
            continue
        if block.language in _NOT_CODE | OTHER_SYSTEMS | UNTOLD or not any(block.lines):
            continue
        before = "\n".join(page.lines[: block.first]).rstrip()
        if _EXAMPLE.search(before[before.rfind("<!--") :] if "<!--" in before else ""):
            continue
        source = source or _Source(checked, page, link)
        if not source.has_block(block):
            problem = f"a block of {block.language or 'text'} that is not in the step as it stands."
            remedy = "Show it by a fence (excerpt), or say above it: <!-- example: why -->"
            yield Fault(page.place, block.first + 1, problem, remedy)


class _Source:
    """What a page may quote: its step, the step before, and what its blocks print."""

    def __init__(self, checked: Checked, page: Page, link: Link) -> None:
        chain = checked.site.chain
        self._files: dict[str, str] = {}
        self._tests: set[int] = set()
        plain, marked = [], []
        for step in filter(None, (link, chain.before(link))):
            entries = checked.site.entries(step)
            contents = checked.site.blobs(entry.blob for entry in entries.values())
            apart = chain.marked(step, sorted(entries))
            for path, entry in entries.items():
                text = contents[entry.blob].decode("utf-8", "replace")
                if path in apart:
                    marked.append(_flat_whole(text))
                else:
                    plain.append(_flat_whole(text))
                    self._files[f"{step.name}/{path}"] = text
            plain += entries
            self._count(step, entries)
        self._tests |= {abs(a - b) for a in self._tests for b in self._tests}
        shown = (b for b in page.blocks if b.language in (CONSOLE, MISTAKE))
        printed = _flat("\n".join(line for block in shown for line in block.lines))
        # What is large and seldom quoted comes last.
        self._texts = ["\n".join(plain), printed, "\n".join(marked)]

    def _count(self, step: Link, entries: Iterable[str]) -> None:
        roots = tuple(f"{step.name}/{root.rstrip('/')}" for root in step.step.settings.tests)
        total = 0
        for path in entries:
            name = f"{step.name}/{path}"
            if path.endswith(".py") and name.startswith(roots) and name in self._files:
                text = self._files[name]
                parts = re.split(r"^class \w+", text, flags=re.MULTILINE)
                counts = [len(re.findall(r"^\s*(?:async )?def test_", p, re.M)) for p in parts]
                self._tests |= {sum(counts), *counts}
                total += sum(counts)
        self._tests.add(total)

    def has_code(self, code: str) -> bool:
        """Return whether inline code is there: all of it, or every part where ``…`` leaves out."""
        if all(map(self._has, re.split(r"…|\.\.\.", code))):
            return True
        if _NAME.fullmatch(code):
            return all(map(self._has, code.removesuffix("()").split(".")))
        said = _SAYS.match(code)
        if said and said["program"] in _COMMANDS:
            parts = [part.strip("\"'") for part in code.split()]
            return all(part in _COMMANDS or self._has(part) for part in parts)
        return False

    def has_number(self, text: str) -> bool:
        """Return whether a number is there, or so many tests are."""
        count, _, tests = text.partition(" ")
        if tests:
            number = int(count) if count.isdigit() else _COUNTED.index(count) + 2
            printed = re.search(rf"\b{number} (?:passed|tests)\b", self._texts[1])
            return number in self._tests or printed is not None
        return any(map(self._has, (text, text.replace(",", ""), text.replace(",", "_"))))

    def has_block(self, block: Block) -> bool:
        """Return whether the lines of a block stand in a file one after the other."""
        lines = [line.rstrip() for line in block.lines]
        while lines and not lines[-1]:
            lines.pop()
        wanted = _dedented(lines)
        first = next(line.strip() for line in lines if line)
        for text in self._files.values():
            if first not in text:
                continue
            file = [line.rstrip() for line in text.split("\n")]
            spans = range(len(file) - len(lines) + 1)
            if any(_dedented(file[at : at + len(lines)]) == wanted for at in spans):
                return True
        return False

    def _has(self, piece: str) -> bool:
        wanted = piece.strip()
        return not wanted or any(_stands(wanted, text) for text in self._texts)


def _flat(text: str) -> str:
    return " ".join(text.split())


# Most files of a step are those of the step before.
_flat_whole = lru_cache(maxsize=4096)(_flat)


def _stands(wanted: str, text: str) -> bool:
    """Return whether some text stands in another, and is no part of a longer word there."""
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        before = _is_word(wanted[0]) and at > 0 and _is_word(text[at - 1])
        after = _is_word(wanted[-1]) and end < len(text) and _is_word(text[end])
        if not before and not after:
            return True
        at = text.find(wanted, at + 1)
    return False


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _dedented(lines: list[str]) -> list[str]:
    depth = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[depth:] for line in lines]


def _numbers(page: Page) -> Iterator[tuple[int, str]]:
    """Yield each number in a page's words with its line, and each ``five tests``."""
    diffs = [block for block in page.blocks if block.language == "diff-file"]
    for first, text in words.texts(page):
        if any(block.first + 1 < first <= block.last + 1 for block in diffs):
            # `_lengths` compares these with the file.
            text = _LINES.sub(_blank, text)
        for pattern in (words._CODE.pattern, r"\]\([^)\n]*\)", r"<[^>\n]*>"):
            text = re.sub(pattern, _blank, text, flags=re.DOTALL)
        for match in _TESTS.finditer(text):
            yield first + text.count("\n", 0, match.start()), f"{match[1].lower()} tests"
        # What numbers a list, and what was counted above, states nothing else.
        text = re.sub(r"^[ ]*\d+\.(?=\s)", _blank, _TESTS.sub(_blank, text), flags=re.M)
        for match in _NUMBER.finditer(text):
            yield first + text.count("\n", 0, match.start()), match[0].rstrip(".,")


def _lengths(page: Page, changes: Mapping[str, FileChange]) -> Iterator[tuple[int, str]]:
    """Yield each ``86 lines`` that a fence says of its file, and that is not so, with its line."""
    for block in page.blocks:
        if block.language != "diff-file":
            continue
        file = changes.get(next((line.strip() for line in block.lines if line.strip()), ""))
        if file is None or file.binary:
            # Heard of when the page was built, or without lines.
            continue
        for number, text in fences.shown(block):
            for match in _LINES.finditer(text):
                if int(match[1]) not in (len(file.new_lines), len(file.lines.added)):
                    yield block.first + 1 + number, match[0]


def _drawn(page: Page, checked: Checked) -> Iterator[tuple[int, str]]:
    """Yield the code that the drawings of a page show, with the line of their fence."""
    root = checked.site.chain.repository.root
    for block in page.blocks:
        if block.language == "figure":
            try:
                drawing = figures.read(root, fences.read(block).path)
            except CourseError:
                # Heard of when the page was built.
                continue
            for code in figures.code_of(drawing):
                yield block.first + 1, code


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
