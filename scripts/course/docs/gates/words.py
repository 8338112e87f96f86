"""Every path, make target and ``course`` verb in inline code exists."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import click

from course import git
from course.chain import FINAL, STEPS
from course.difference import symbols
from course.docs import fences
from course.docs.checked import Checked
from course.docs.consoles import transcripts
from course.docs.fences import CONSOLE
from course.docs.pages import Page
from course.docs.site import Fault
from course.errors import CourseError

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARK = re.compile(r"<!--\s*not-a-path:(.*?)-->", re.DOTALL)
_PATH = re.compile(r"\.{0,2}/?[\w@*.+-]+(?:/[\w@*.+-]+)*/?")
_DOTFILE = re.compile(
    r"\.(?:env|git\w*|docker\w*|flake8|editorconfig|coveragerc|course|ci|venv|devcontainer)"
    r"(?:\.\w+)?/?"
)
_NAMES = frozenset({"Makefile", "Dockerfile", "Procfile", "LICENSE"})
_ENDINGS = frozenset(
    "py pyi html css js mjs ts vue json toml yml yaml md txt lock cfg ini svg png jpg jpeg gif webp"
    " ico sh sql sqlite3 template po mo csv xml env conf".split()
)


@dataclass
class _Known:
    """What may be named on a page: by the end of its path, or (``exact``) by all of it alone."""

    paths: set[str] = field(default_factory=set)
    exact: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    makefiles: list[str] = field(default_factory=list)

    def add(self, path: str, *, exact: bool = False) -> None:
        known = self.exact if exact else self.paths
        known.add(path)
        while "/" in path:
            path = path.rsplit("/", 1)[0]
            if path + "/" in known:
                break
            known.add(path + "/")

    def has(self, word: str) -> bool:
        """Whether a path, or the end of one, is known."""
        wanted = word.removeprefix("./")
        names = {wanted, wanted.rstrip("/") + "/"} if not wanted.endswith("/") else {wanted}
        if "*" in wanted:
            return any(
                fnmatchcase(path, wanted) or fnmatchcase(path, f"*/{wanted}") for path in self.paths
            )
        if names & (self.paths | self.exact) or wanted.rstrip("/") in self.ignored:
            return True
        return any(path.endswith(f"/{name}") for path in self.paths for name in names)


def check(checked: Checked) -> list[Fault]:
    """Check the inline code of every page, and the commands of blocks that are never run."""
    faults: list[Fault] = []
    root = _of_repository(checked)
    for page in checked.pages.values():
        known = _of_page(checked, page, root)
        marks = _marks(page)
        used: set[str] = set()
        for line, code in [*inline_code(page), *_commands_not_run(page)]:
            faults += _of_code(page, line, code, known, marks, used)
        for word, line in marks.items():
            if word not in used:
                problem = f"`{word}` is marked as not a path, and nothing here is called so."
                faults.append(Fault(page.place, line, problem, "Take it out of the comment."))
    return faults


def texts(page: Page) -> Iterator[tuple[int, str]]:
    """Yield what a page says in words, with the line in which it begins, from 1.

    First is the page without its fenced blocks, then each text that a fence has for the page to
    show: a caption, a title, a reason.
    """
    yield 1, _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), _without_blocks(page))
    for block in page.blocks:
        for number, words in fences.shown(block):
            yield block.first + 1 + number, words


def _without_blocks(page: Page) -> str:
    """Return a page with an empty line for each line of a fenced block."""
    lines = list(page.lines)
    for block in page.blocks:
        lines[block.first : block.last + 1] = [""] * (block.last + 1 - block.first)
    return "\n".join(lines)


def inline_code(page: Page) -> Iterator[tuple[int, str]]:
    """Yield each piece of inline code of a page with its line, from 1; also that of captions."""
    for line, text in texts(page):
        for match in _CODE.finditer(text):
            if "\n\n" not in match[2]:
                yield line + text.count("\n", 0, match.start()), " ".join(match[2].split())


def _commands_not_run(page: Page) -> Iterator[tuple[int, str]]:
    for block in page.blocks:
        if block.language != CONSOLE:
            continue
        try:
            transcript = transcripts.read(block, block.first + 1)
        except CourseError:
            continue
        if transcript.not_run:
            for command in transcript.commands:
                if command.text.split()[:1] in (["make"], ["course"]):
                    yield transcript.line + 1 + command.offset, command.text


def _of_code(
    page: Page, line: int, code: str, known: _Known, marks: dict[str, int], used: set[str]
) -> Iterator[Fault]:
    words = code.split()
    if words[0] == "make" and len(words) > 1:
        for target in _targets(words[1:]):
            if not any(target in symbols.names("Makefile", m.split("\n")) for m in known.makefiles):
                problem = f"`{code}`: no Makefile has the target {target}."
                yield Fault(page.place, line, problem, "Fix the word, or add the target.")
        return
    if words[0] == "course" and len(words) > 1:
        problem = _course(words[1:])
        if problem:
            yield Fault(page.place, line, f"`{code}`: {problem}", "course --help lists the verbs.")
        return
    for word in words:
        if word in marks:
            used.add(word)
        elif _is_path(word, alone=len(words) == 1) and not known.has(word):
            problem = f"`{word}`: there is no such path in the step or the repository."
            remedy = f"Fix it, or say so on the page: <!-- not-a-path: {word} -- why -->"
            yield Fault(page.place, line, problem, remedy)


def judges(code: str) -> bool:
    """Return whether inline code is a path, a target or a verb, so that this gate looks for it."""
    first, *rest = code.split()
    return (bool(rest) and first in ("make", "course")) or (
        not rest and _is_path(first, alone=True)
    )


def _is_path(word: str, *, alone: bool) -> bool:
    if not _PATH.fullmatch(word) or not re.search(r"[A-Za-z]", word) or word.startswith("/"):
        return False
    if word in mimetypes.types_map.values() or "*/*" in word:
        return False
    name = word.rstrip("/").rsplit("/", 1)[-1]
    ending = name.rsplit(".", 1)[-1] if "." in name.lstrip(".") else ""
    if ending in _ENDINGS and not name.startswith("*."):
        return True
    if not alone:
        return False
    return "/" in word or name in _NAMES or bool(_DOTFILE.fullmatch(word))


def _targets(words: list[str]) -> Iterator[str]:
    skip = False
    for word in words:
        if skip or word.startswith("-"):
            skip = word in ("-C", "-f", "-j") and not skip
        elif "=" not in word and re.fullmatch(r"[a-z0-9][\w.-]*", word):
            yield word


def _course(words: list[str]) -> str:
    """Return what is wrong with the words after ``course``; empty if nothing is."""
    from course import cli

    command: click.Command = cli.cli
    said = "course"
    for word in words:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            if word not in command.list_commands(click.Context(command)):
                return f"`{said}` has no verb {word}."
            try:
                found = command.get_command(click.Context(command), word)
            except (ImportError, AttributeError):
                return ""
            assert found is not None
            command, said = found, f"{said} {word}"
        elif re.fullmatch(r"--[a-z][a-z-]*(?:=.*)?", word):
            name = word.partition("=")[0]
            options = {o for param in command.params for o in (*param.opts, *param.secondary_opts)}
            if name not in options | {"--help"}:
                return f"`{said}` has no option {name}."
    return ""


def _marks(page: Page) -> dict[str, int]:
    """Return the words that a page marks as no paths, each with the line of the comment."""
    found = {}
    text = _without_blocks(page)
    for match in _MARK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        for word in match[1].partition(" -- ")[0].split(","):
            if word.strip():
                found[word.strip()] = line
    return found


def _of_repository(checked: Checked) -> _Known:
    root = checked.site.chain.repository.root
    known = _Known()
    for path in git.listed(root, unversioned=True):
        # A snapshot's files are named from the root by their whole path; by the end of it only on
        # the page of that snapshot.
        known.add(path, exact=path.startswith((f"{STEPS}/", f"{FINAL}/")))
    makefile = root / "Makefile"
    if makefile.is_file():
        known.makefiles.append(makefile.read_text(encoding="utf-8"))
    ignore = root / ".gitignore"
    if ignore.is_file():
        known.ignored |= _ignored(ignore.read_text(encoding="utf-8"))
    return known


def _of_page(checked: Checked, page: Page, root: _Known) -> _Known:
    link = checked.step_of(page)
    chain = checked.site.chain
    known = _Known(set(root.paths), root.exact, set(root.ignored), list(root.makefiles))
    # A page of no step may speak of any.
    for step in filter(None, (link, chain.before(link))) if link else chain:
        entries = checked.site.entries(step)
        for path in entries:
            known.add(path)
        for name in ("Makefile", ".gitignore"):
            if name in entries:
                text = checked.site.content(entries[name]).decode("utf-8", "replace")
                if name == "Makefile":
                    known.makefiles.append(text)
                else:
                    known.ignored |= _ignored(text)
    return known


def _ignored(text: str) -> set[str]:
    """Return what a ``.gitignore`` names: things that are made when the project is used."""
    lines = (line.strip() for line in text.split("\n"))
    return {line.strip("/") for line in lines if line and line[0] not in "#!"}
