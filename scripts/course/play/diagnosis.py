"""Finds the mistake behind a failing test: weights of signs, the limit for "maybe", the words.

A file that is byte for byte the step's own is not to blame. Among those that differ, the one is
named that the failure points to: by its traceback, by its name, or by the words that are missing
from it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, partial
from pathlib import PurePosixPath

from course import names, syntax
from course.chain import Link
from course.difference import changes
from course.difference.changes import FileChange, Lines
from course.difference.symbols import names as symbols_of
from course.git import Entry
from course.locks import lock_files
from course.play import failure as failure_of, next_step_tests as trials, sections, unreadable_files
from course.play.failure import Failure
from course.play.folder import Playground
from course.play.next_step_tests import Trial
from course.play.sections import Shown
from course.play.unreadable_files import Unreadable
from course.verify import inputs

_WORD = re.compile(r"[A-Za-z_][\w.-]{2,}")
_COMMON = frozenset(
    "and are assert class def else for from get import not none true false return self test tests"
    " the this that with str int name path line file error assertionerror raise object django"
    " user models value data text type list dict".split()
)
# What a hint weighs when it is asked which of several files a failure is about.
_NAMED, _INNERMOST, _PASSED, _MENTIONED, _LOOKED_AT, _DEFINES = 8, 5, 3, 3, 5, 6
_WORD_IN_MESSAGE, _WORD_IN_TEST = 2, 1
_MISSING, _HAS_ALL, _TESTED_THERE = 4, -3, 2
# Of what speaks for the likeliest file, beside that it is missing, this much makes another likely.
_MAYBE = 0.4
_MOST_WORDS = 3
_MOST_OTHERS = 5
# So many files of tests are run soon.
_MOST_NEAR = 12
_PROSE = (".md", ".rst")
# In these, a line that begins with # is a comment.
_HASH_COMMENTS = (".template", ".toml", ".yml", ".yaml", ".cfg", ".ini", ".txt")


@dataclass(frozen=True)
class Mistake:
    """One mistake, as far as it can be told.

    Attributes:
        path: the file that it is in; empty when none is known.
        line: its line in the learner's file, from 1; 0 when that is not known.
        state: how the file differs: ``missing``, ``called …``, ``differs``, ``to go`` (the step
            takes it away), ``extra`` (neither step has it), ``forgotten``, or nothing.
        expected: what should be, in words.
        happened: what is.
        means: what the catalogue says that this means.
        read: the section of the page that shows the file; None without a page.
        tests: the failures that come of it.
        others: other files that differ and may be the reason, likeliest first.
    """

    path: str
    happened: str
    line: int = 0
    state: str = ""
    expected: str = ""
    means: str = ""
    read: Shown | None = None
    tests: tuple[Failure, ...] = ()
    others: tuple[str, ...] = ()


@dataclass
class Difference:
    """What a playground and the next step do not have alike.

    Attributes:
        playground: the playground.
        aim: the next step.
    """

    playground: Playground
    aim: Link
    _pages: dict[str, list[Shown]] = field(default_factory=dict)

    @cached_property
    def tree(self) -> str:
        """The tree of the learner's files, with the step's line endings."""
        return self.playground.tree_as_in(self.aim)

    @cached_property
    def files(self) -> dict[str, FileChange]:
        """What would have to change in the playground, by the step's path; tests too."""
        chain = self.playground.chain
        old, new = self.tree, chain.tree_of(self.aim)
        changed = chain.store.changes(old, new)
        marks = chain.marked(self.aim, [change.path for change in changed])
        hunks = changes.hunks(chain.store, [(old, new)])
        return changes.between(changed, marks, chain.store.blobs, hunks)

    @cached_property
    def marked(self) -> dict[str, FileChange]:
        """The generated and vendored files among them."""
        return {path: file for path, file in self.files.items() if file.mark}

    @cached_property
    def own(self) -> dict[str, FileChange]:
        """Those that a person writes, the tests aside."""
        return {
            path: file
            for path, file in self.files.items()
            if not file.mark and not self.is_test(path)
        }

    @cached_property
    def telling(self) -> list[str]:
        """Those in which something differs that makes a test fail, and not the words for people."""
        return [
            path
            for path, file in self.own.items()
            if PurePosixPath(path).suffix not in _PROSE and not says_the_same(file)
        ]

    def is_test(self, path: str) -> bool:
        """Whether a file is among the step's tests."""
        roots = self.aim.step.settings.tests
        return any(PurePosixPath(path).is_relative_to(root) for root in roots)

    def state(self, path: str) -> str:
        """Return how a file differs, as `Mistake` has it."""
        file = self.files[path].change
        if file.status == "R":
            return f"called {names.shown(file.old_path)}"
        if file.old is None:
            return "missing"
        if file.new is None:
            return "to go" if path in self.before else "extra"
        return "differs"

    @cached_property
    def before(self) -> dict[str, Entry]:
        """The files of the step that the playground began from, as it was then."""
        return self.playground.chain.store.entries(self.playground.begun_tree)

    @cached_property
    def unbegun(self) -> dict[str, int]:
        """The files in which something of the step is not begun, by its place on the page.

        They are missing, or are still as they were before the step, or lack all of a piece that the
        page shows and hold nothing else in its place.
        """
        parts = sections.of_page(self.playground.chain, self.aim)
        found: dict[str, int] = {}
        for number, part in enumerate(parts):
            for path in part.paths:
                if path in self.own and path not in found and self._is_unbegun(path, part.lines):
                    found[path] = number
        for path in self.own:
            if path not in found and self._is_unbegun(path, Lines()):
                found[path] = len(parts)
        return found

    def as_before(self, path: str) -> bool:
        """Whether a file that the step changes is still what it was before."""
        change = self.own[path].change
        if change.old is None or change.new is None or change.status == "R":
            return False
        entry = self.before.get(path)
        return entry is not None and entry.blob == change.old.blob

    def _is_unbegun(self, path: str, wanted: Lines) -> bool:
        if self.state(path) == "missing" or self.as_before(path):
            return True
        file = self.own[path]
        if self.state(path) != "differs" or file.binary:
            return False
        telling = {number for number in wanted.added if file.new_lines[number].strip()}
        if not telling or not telling <= file.lines.added:
            return False
        before = self._lines_before(path)
        return all(
            line in before
            for edit in file.edits
            if telling.intersection(range(edit.new_start, edit.new_end))
            for line in file.old_lines[edit.old_start : edit.old_end]
        )

    def _lines_before(self, path: str) -> frozenset[str]:
        entry = self.before.get(path)
        if entry is None:
            return frozenset()
        content = self.playground.chain.store.blobs([entry.blob])[entry.blob]
        return frozenset(changes.lines_of(content))

    def forgotten(self) -> list[str]:
        """Return the files made by a program that are missing or still the step before's."""
        have = self.playground.entries
        return [
            path
            for path, file in self.marked.items()
            if file.change.new is not None
            and (path not in have or have[path] == self.before.get(path))
        ]

    def section(self, path: str) -> Shown | None:
        """Return the section that shows a file: what of it is still missing, if that can be said.

        It is one of the next step's page, or of the last page before that shows the file.
        """
        link: Link | None = self.aim
        while link is not None:
            if link.step.slug not in self._pages:
                self._pages[link.step.slug] = sections.of_page(self.playground.chain, link)
            shown = [part for part in self._pages[link.step.slug] if path in part.paths]
            if shown and link == self.aim:
                return max(shown, key=partial(self._shows, path))
            if shown:
                return shown[0]
            link = self.playground.chain.before(link)
        return None

    def _shows(self, path: str, part: Shown) -> int:
        """Return how many of the lines that are missing from a file a piece of the page shows."""
        file = self.files.get(path)
        if file is None or file.binary:
            return 0
        return sum(bool(file.new_lines[n].strip()) for n in part.lines.added & file.lines.added)


def unreadable(difference: Difference) -> list[Mistake]:
    """Return the files that cannot be read at all.

    A file that no step has is the learner's own affair: if the project reads it, its tests say so.
    """
    playground = difference.playground
    written = {
        path: entry
        for path, entry in playground.entries.items()
        if path in difference.own and entry.mode != "120000" and difference.state(path) != "extra"
    }
    for path, file in difference.own.items():
        old = file.change.old_path
        if old != path and old in playground.entries:
            written[old] = playground.entries[old]
    contents = playground.chain.store.blobs(entry.blob for entry in written.values())
    files = {path: contents[entry.blob] for path, entry in written.items()}
    return [_of_unreadable(difference, fault) for fault in unreadable_files.unreadable(files)]


def _of_unreadable(difference: Difference, fault: Unreadable) -> Mistake:
    shown = f":  {fault.shown}" if fault.shown else ""
    return Mistake(
        path=fault.path,
        line=fault.line,
        happened=f"{fault.problem}{shown}",
        expected="a file that can be read from its first line to its last",
        read=difference.section(fault.path),
    )


def unwritten(difference: Difference) -> list[str]:
    """Return the files that a person is to write and has not: of tests, too."""
    return [
        path
        for path, file in difference.files.items()
        if not file.mark and difference.state(path) == "missing"
    ]


def forgotten(difference: Difference) -> list[Mistake]:
    """Return the generated and vendored files that were forgotten, and what they are made from."""
    found = []
    made, before = _untouched_sources(difference), difference.playground.begun
    of_before = f"it is still that of {before.name}" if before else "missing"
    for source, paths in made.items():
        locked = ", ".join(map(names.shown, paths))
        found.append(
            Mistake(
                path=source,
                state="forgotten",
                expected="what the step adds to it",
                happened=of_before,
                means=f"add it as the page says; made from it: {locked}",
                read=difference.section(source),
            )
        )
    told = {path for paths in made.values() for path in paths}
    for path in difference.forgotten():
        if path in told:
            continue
        file = difference.marked[path]
        have = path in difference.playground.entries
        found.append(
            Mistake(
                path=path,
                state="forgotten",
                expected=(
                    f"the step regenerates it, or brings it ({file.mark})"
                    if have
                    else f"a {file.mark} file of the step"
                ),
                happened=of_before if have else "missing",
                means=f"make it as the page says, or fetch it: course take {names.word(path)}",
                read=difference.section(path),
            )
        )
    return found


def _untouched_sources(difference: Difference) -> dict[str, list[str]]:
    """Return the forgotten locks, by the file that each is made from, where it is untouched."""
    made: dict[str, list[str]] = {}
    for path in difference.forgotten():
        source = lock_files.source(path)
        if source in difference.own and difference.as_before(source):
            made.setdefault(source, []).append(path)
    return made


def explain(difference: Difference, trial: Trial) -> list[Mistake]:
    """Return the mistakes behind what failed.

    What is not begun comes first, in the order of the page; then what is wrong, the mistake behind
    most of the failures first.
    """
    found: dict[tuple[str, str], Mistake] = {}
    for group in failure_of.same_cause(trial.failures).values():
        mistake = _of_group(difference, group)
        key = (mistake.path, mistake.happened if not mistake.path else "")
        if key in found:
            known = found[key]
            found[key] = Mistake(**{**known.__dict__, "tests": (*known.tests, *mistake.tests)})
        else:
            found[key] = mistake
    if difference.forgotten():
        # What no file of one's own explains comes of those, which are told beside this.
        found = {key: mistake for key, mistake in found.items() if mistake.path}
    unbegun = difference.unbegun

    def weight(mistake: Mistake) -> tuple[bool, bool, int, int]:
        place = unbegun.get(mistake.path, 0)
        return not mistake.path, mistake.path not in unbegun, place, -len(mistake.tests)

    return sorted(found.values(), key=weight)


def _of_group(difference: Difference, group: list[Failure]) -> Mistake:
    failure = group[0]
    ranked = _ranked(difference, failure)
    path = ranked[0] if ranked else ""
    return Mistake(
        path=path,
        line=_line(difference, failure, path),
        state=difference.state(path) if path else "",
        expected=failure.expected,
        happened=failure.happened,
        means=meaning(difference, failure)[0],
        read=difference.section(path) if path else None,
        tests=tuple(group),
        others=tuple(ranked[1 : 1 + _MOST_OTHERS]),
    )


def meaning(difference: Difference, failure: Failure) -> tuple[str, tuple[str, ...]]:
    """Return what the catalogue says that a failure means, and the files to look at."""
    known = [
        mistake
        for mistake in difference.playground.chain.course.mistakes
        if re.search(mistake.beside, failure.text, re.MULTILINE)
    ]
    for text in (failure.raised, failure.text):
        for mistake in known:
            if said := mistake.told(text):
                return said, mistake.look
    return "", ()


def _ranked(difference: Difference, failure: Failure) -> list[str]:
    """Return the files that a failure may be about, the likeliest first."""
    # What a linter finds fault with may do the same as the step's.
    linters = (command.plain for command in difference.aim.step.commands.proof)
    differing = difference.own if failure.name in linters else difference.telling
    own = [path for path in differing if _may_matter(difference, failure, path)]
    scores = {path: _score(difference, failure, path) for path in own}
    order = {path: number for number, path in enumerate(_in_page_order(difference, scores))}
    ranked = sorted(scores, key=lambda path: (-scores[path], order[path]))
    if not ranked or ranked[0] not in difference.unbegun or _points(difference, failure, ranked[0]):
        return ranked
    # Several things are not begun, and the failure points to none of them by name: what the page
    # has done first comes first, among those that it may be about.
    least = _MISSING + _MAYBE * (scores[ranked[0]] - _MISSING)
    first = min(
        (path for path in ranked if path in difference.unbegun and scores[path] >= least),
        key=lambda path: order[path],
    )
    # Beside it, what is begun and is not as in the step is the likelier reason.
    rest = sorted(ranked, key=lambda path: path in difference.unbegun)
    return [first, *(path for path in rest if path != first)]


def _may_matter(difference: Difference, failure: Failure, path: str) -> bool:
    """Whether a file can be the reason for a failure at all.

    One that the tests do not read (``unread`` in the catalogue) is none, unless the failing test is
    one of those that run apart.
    """
    patterns = inputs.unread(difference.aim.step, "test") if failure.is_test else ()
    if not inputs.matches(path, patterns):
        return True
    apart = inputs.apart(difference.aim.step, difference.playground.chain.entries(difference.aim))
    modules = (test.removesuffix(".py").replace("/", ".") for test in apart)
    return any(f"{failure.name}.".startswith(f"{module}.") for module in modules)


def says_the_same(file: FileChange) -> bool:
    """Whether two versions of a file differ in comments, docstrings and the layout alone."""
    if file.binary or file.change.status == "R" or None in (file.change.old, file.change.new):
        return False
    old, new = "".join(file.old_lines), "".join(file.new_lines)
    if file.path.endswith(".py"):
        try:
            return _without_words(old) == _without_words(new)
        except (SyntaxError, ValueError):
            return False
    if PurePosixPath(file.path).suffix not in _HASH_COMMENTS:
        return False
    return _without_comments(old) == _without_comments(new)


def _without_words(source: str) -> str:
    """Return what a Python module does, without its comments and docstrings."""
    tree = syntax.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _without_comments(text: str) -> list[str]:
    lines = (line.rstrip() for line in text.splitlines())
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def near_tests(difference: Difference) -> list[str]:
    """Return the step's files of tests that have to do with what differs, the nearest first.

    A test is near to a file whose name it bears, or whose module or path it names; and what the
    step changes beside the tests, such as a fixture, makes the tests near that be in its folder.
    """
    chain, aim = difference.playground.chain, difference.aim
    entries = chain.entries(aim)
    files = {path: entries[path].blob for path in trials.all_tests(chain, aim)}
    differing = [path for path in difference.own if difference.state(path) != "extra"]
    if not differing:
        return []
    contents = chain.store.blobs(files.values())
    helpers = {
        PurePosixPath(change.path).parent
        for change in chain.changes(aim)
        if difference.is_test(change.path) and change.path not in files
    }
    found: dict[str, int] = {}
    for test, blob in files.items():
        text = contents[blob].decode("utf-8", "replace")
        found[test] = sum(2 * _mentions(text, path) + _alike(test, path) for path in differing)
        found[test] += any(PurePosixPath(test).is_relative_to(folder) for folder in helpers)
    near = sorted((test for test in found if found[test]), key=lambda test: (-found[test], test))
    return near[:_MOST_NEAR]


def _in_page_order(difference: Difference, paths: Iterable[str]) -> list[str]:
    parts = sections.of_page(difference.playground.chain, difference.aim)
    shown = [path for part in parts for path in part.paths]
    places = {path: number for number, path in reversed(list(enumerate(shown)))}
    # What the learner has and the step has not is the last to be suspected.
    return sorted(
        paths,
        key=lambda p: (difference.state(p) in ("to go", "extra"), places.get(p, len(shown)), p),
    )


def _points(difference: Difference, failure: Failure, path: str) -> bool:
    """Whether a failure points to a file: by its name, a place in it, or a name that it defines."""
    file = difference.own[path]
    frames = {name for name, _ in failure.frames}
    return bool(
        {path, file.change.old_path} & frames
        or _mentions(failure.raised, path)
        or _words(failure.raised) & _defined(file)
    )


def _score(difference: Difference, failure: Failure, path: str) -> float:
    file = difference.own[path]
    score = 0.0
    yours = {path, file.change.old_path}
    frames = [name for name, _ in failure.frames if not difference.is_test(name)]
    if frames and frames[-1] in yours:
        score += _INNERMOST
    elif yours & set(frames):
        score += _PASSED
    if file.change.old is None or file.change.status == "R":
        score += _NAMED * _mentions(failure.raised, path)
    if _mentions(failure.raised, path):
        score += _MENTIONED
    elif _mentions(failure.text, path):
        score += _MENTIONED / 2
    _, look = meaning(difference, failure)
    if any(fnmatchcase(path, pattern) for pattern in look):
        score += _LOOKED_AT
    if _words(failure.raised) & _defined(file):
        score += _DEFINES
    if not file.binary:
        # What the failure quotes, as it stands in the lines that the step has not.
        mine = "".join(file.old_lines[n] for n in file.lines.removed)
        quoted = set(re.findall(r"'([^'\s]{3,})'", failure.raised)) - _COMMON
        score += _MENTIONED * any(word in mine for word in quoted)
    words = _telling(file)
    score += _WORD_IN_MESSAGE * min(_MOST_WORDS, len(words & _words(failure.raised)))
    score += _WORD_IN_TEST * min(_MOST_WORDS, len(words & _words(failure.text)))
    tests = [name for name, _ in failure.frames if difference.is_test(name)]
    if tests:
        score += _TESTED_THERE * _alike(tests[0], path)
    state = difference.state(path)
    if state in ("to go", "extra"):
        score -= _PASSED
    elif path in difference.unbegun:
        score += _MISSING
    elif not (file.binary or file.lines.added):
        # Every line of the step is there, and some of the learner's own.
        score += _HAS_ALL
    return score


def _mentions(text: str, path: str) -> bool:
    """Whether a text names a file: by its path, the end of it, or as a module."""
    pure = PurePosixPath(path)
    known = {path}
    parts = pure.parts
    known |= {"/".join(parts[start:]) for start in range(1, len(parts) - 1)}
    if pure.suffix == ".py":
        module = ".".join(pure.with_suffix("").parts).removesuffix(".__init__")
        known.add(module)
    else:
        known.add(pure.name)
    return any(re.search(rf"(?<![\w./]){re.escape(name)}(?![\w/])", text) for name in known if name)


def _alike(test: str, path: str) -> int:
    """Return how many names of folders and modules a test's path and a file's have in common.

    ``tests/club/test_members.py`` is about ``web/club/members.py``, more than about others.
    """
    ours, theirs = PurePosixPath(test).with_suffix(""), PurePosixPath(path).with_suffix("")
    return len({part.removeprefix("test_") for part in ours.parts} & set(theirs.parts))


def _telling(file: FileChange) -> set[str]:
    """Return the words of the lines that are missing from a learner's file, or too many in it."""
    if file.binary:
        return set()
    missing = [file.new_lines[i] for i in file.lines.added]
    extra = [file.old_lines[i] for i in file.lines.removed]
    new, old = (_words("".join(lines)) for lines in (missing, extra))
    return new ^ old if new ^ old else new | old


def _defined(file: FileChange) -> set[str]:
    """Return the names of the functions and classes that a Python file has, or is to have."""
    if file.binary or not file.path.endswith(".py"):
        return set()
    found = set()
    for path, lines in ((file.path, file.new_lines), (file.change.old_path, file.old_lines)):
        for name, ranges in symbols_of(path, lines).items():
            # One line is an assignment: its name is often a common word.
            if any(end - start > 1 for start, end in ranges):
                found.add(name.rpartition(".")[2])
    return found


def _words(text: str) -> set[str]:
    found = set()
    for match in _WORD.finditer(text):
        word = match[0].strip(".-")
        found |= {word, *word.split(".")}
    return {word for word in found if len(word) > 2 and word.lower() not in _COMMON}


def _line(difference: Difference, failure: Failure, path: str) -> int:
    """Return the line of a learner's file to look at."""
    if not path or difference.state(path) == "missing":
        return 0
    file = difference.own[path]
    passed = [n for name, n in reversed(failure.frames) if name == file.change.old_path]
    if not file.edits:
        return passed[0] if passed else 0
    # What runs into trouble may be the step's own: then it is not where the mistake is.
    changed = {symbol_at(file, edit.old_start + 1) for edit in file.edits}
    for number in passed:
        if symbol_at(file, number) in changed:
            return number
    words = _words(failure.raised) | _words(failure.text)
    best = max(
        file.edits,
        key=lambda edit: len(
            words & _words("".join(file.new_lines[edit.new_start : edit.new_end]))
        ),
    )
    return min(best.old_start + 1, max(1, len(file.old_lines)))


def symbol_at(file: FileChange, line: int) -> str:
    """Return the name of the function or class in which a line of the learner's file lies."""
    found = symbols_of(file.change.old_path, file.old_lines) if not file.binary else {}
    # Lines that are missing before this one are in what holds the line before, too.
    inserted = any(edit.old_start == edit.old_end == line - 1 for edit in file.edits)
    holding = [
        (end - start, name)
        for name, ranges in found.items()
        for start, end in ranges
        if start < line - inserted and line <= end and name not in ("imports", "docstring")
    ]
    return min(holding)[1] if holding else ""


def changed_since(playground: Playground) -> Mapping[str, list[str]]:
    """Return, by a step's name, its files that the course changed since the learner began."""
    chain, found = playground.chain, {}
    progress = playground.progress
    if playground.begun is not None and chain.tree_of(playground.begun) != progress.tree:
        changed = chain.store.changes(playground.begun_tree, chain.tree_of(playground.begun))
        if changed:
            found[playground.begun.name] = [change.path for change in changed]
    aim = playground.aim
    if aim is not None and aim.step.slug == progress.aim:
        now = {path: entry.blob for path, entry in chain.entries(aim).items()}
        differing = sorted(
            path for path in {*now, *progress.files} if now.get(path) != progress.files.get(path)
        )
        if differing:
            found[aim.name] = differing
    return found
