"""The rules of ``course lint``: size of steps, copies, locks, links, minutes; their messages."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TypeVar

from course import copies, git, journal, listing, names, overview
from course.cache.findings import Known
from course.chain import FINAL, STEPS, Chain, Link
from course.docs import pace
from course.errors import CourseError
from course.git import EMPTY_TREE
from course.journal import Writer
from course.lint import wording
from course.locks import exports, lock_files
from course.propagate.conflict_markers import marked_lines

# More added lines than this are more than one idea: the step is split.
MOST_LINES = 350
LONG = 250
# The part of its time that a path fills at least.
_FILLED = 0.8
# Shorter lines return by chance (`pass`, `return None`, a closing bracket).
_TELLING_LINE = 24
# Where the address of a package index stands: in the locks of Poetry, uv, npm and yarn, in
# requirements, and in the settings of npm, Poetry and uv.
_INDEX = re.compile(
    rb'^\[package\.source\]|^\[\[tool\.(?:poetry\.source|uv\.index)\]\]|"resolved": *"https?://'
    rb'|^ +resolved "https?://|\bregistry *= *"?https?://'
    rb"|^ *(?:--(?:extra-)?index-url|--find-links|-i|-f)\b|^[\w.\[\]-]+ *@ *https?://",
    re.MULTILINE,
)
_LOCKS = (".lock", ".txt", "package-lock.json", ".npmrc", "pyproject.toml")


@dataclass(frozen=True)
class Finding:
    """A fault of the chain, or something to look at.

    Attributes:
        where: the file or folder, from the root.
        problem: what is wrong.
        remedy: what to do.
        warning: whether it only deserves a look.
    """

    where: str
    problem: str
    remedy: str
    warning: bool = False


Rule = Callable[[Chain], Iterator[Finding]]
T = TypeVar("T")


def lint(chain: Chain) -> list[Finding]:
    """Return everything that is wrong with the chain."""
    return [*_found(chain, _RULES), *_found(chain, [_ignored])]


def lint_known(chain: Chain, *, fresh: bool = False) -> list[Finding]:
    """Return what `lint` does, from memory where nothing changed that it depends on.

    Args:
        chain: the chain.
        fresh: whether to look at everything, known or not.
    """
    known = Known(chain, "lint", __name__, fresh=fresh)
    kept = (known.get() or {}).get("findings")
    if isinstance(kept, list):
        found = [Finding(**values) for values in kept]
    else:
        found = _found(chain, _RULES)
        known.put({"findings": [asdict(finding) for finding in found]})
    # What a person's git ignores is nobody else's, and what is committed changes no file.
    return [*found, *_found(chain, [_ignored])]


def _found(chain: Chain, rules: Iterable[Rule]) -> list[Finding]:
    return [finding for rule in rules for finding in _findings(rule, chain)]


def _findings(rule: Rule, chain: Chain) -> Iterator[Finding]:
    """Yield what a rule finds; a file that it cannot read is a finding as well."""
    try:
        yield from rule(chain)
    except CourseError as error:
        where, colon, problem = error.problem.partition(": ")
        if not colon:
            where, problem = STEPS, error.problem
        yield Finding(where, problem, error.remedy or "Fix it.")


def _folders(chain: Chain) -> Iterator[Finding]:
    """Every folder is a step of the catalogue, and every step has its folder."""
    wanted = {link.name for link in chain if link.number is not None}
    present = chain.folders()
    numbers = {name.split("-")[0]: name for name in sorted(present)}
    moved = set()
    for link in chain:
        if link.number is None:
            if chain.tree_of(link) == EMPTY_TREE:
                remedy = "course lint --fix" if link.is_copy else f"git checkout -- {FINAL}"
                yield Finding(FINAL, "is missing", remedy)
        elif link.name not in present:
            same = re.compile(rf"\d+-{re.escape(link.step.slug)}")
            other = next((n for n in sorted(present - wanted) if same.fullmatch(n)), "")
            if other:
                moved.add(other)
                yield Finding(
                    f"{STEPS}/{other}",
                    f"the catalogue's order makes it {link.name}",
                    f"git mv {STEPS}/{other} {link.folder}",
                )
            else:
                taken = numbers.get(link.label, "")
                hint = f" ({taken} has its number)" if taken else ""
                yield Finding(
                    link.folder,
                    f"the catalogue has this step, but there is no such folder{hint}",
                    "Restore the folder, or take the step out: course remove " + link.step.slug,
                )
    for name in sorted(present - wanted - moved):
        yield Finding(
            f"{STEPS}/{name}",
            "is no step of the catalogue",
            f"Describe it in {STEPS}/course.toml, or take the folder away.",
        )
    if chain.course.final is None and chain.store.subtree(chain.tree, FINAL) != EMPTY_TREE:
        yield Finding(
            FINAL,
            "the catalogue has no last snapshot",
            f"Describe it under [final] in {STEPS}/course.toml, or take the folder away.",
        )


def _copies(chain: Chain) -> Iterator[Finding]:
    changes = copies.differences(chain)
    # A folder that is missing, or has another number, is told of by itself.
    if changes and not any(chain.tree_of(link) == EMPTY_TREE for link in chain.links[-2:]):
        differing = names.some([names.shown(change.path) for change in changes], 3)
        yield Finding(
            FINAL,
            f"differs from the last numbered step, of which it is a copy, in {differing}",
            f"Make the change in {chain.links[-2].folder}, then: course lint --fix",
        )


def _forbidden(chain: Chain) -> Iterator[Finding]:
    patterns = chain.course.about.forbidden
    for link in chain:
        for path in chain.entries(link):
            for pattern in patterns:
                # At whatever depth: `*` stands for slashes as well.
                if fnmatch.fnmatchcase(f"/{path}", f"*/{pattern}"):
                    where = f"{link.folder}/{path}"
                    yield Finding(
                        where,
                        f"no snapshot may hold such a file ({pattern})",
                        f"git rm --cached -- {names.word(where)}, and name it in .gitignore",
                    )
                    break


def _wording(chain: Chain) -> Iterator[Finding]:
    """Words of the course's list are not written."""
    for found in wording.check(chain):
        yield Finding(found.path, found.problem, found.remedy)


def _own(chain: Chain) -> list[Link]:
    """Return the links that are no copy of another: what is wrong with a copy is so there."""
    return [link for link in chain if not link.is_copy]


def _judged(
    chain: Chain, judge: Callable[[bytes], T], endings: tuple[str, ...] = ("",)
) -> Iterator[tuple[str, T]]:
    """Yield every file that is no link, by its path from the root, with what is judged of it.

    Most files are the same in many steps: equal ones are read and judged once.

    Args:
        chain: the chain.
        judge: judges a file by its content.
        endings: how the names of the files end.
    """
    known: dict[str, T] = {}
    for link in _own(chain):
        blobs = {
            path: entry.blob
            for path, entry in chain.entries(link).items()
            if entry.mode != "120000" and path.endswith(endings)
        }
        contents = chain.store.blobs(blob for blob in blobs.values() if blob not in known)
        known |= {blob: judge(content) for blob, content in contents.items()}
        for path, blob in blobs.items():
            yield f"{link.folder}/{path}", known[blob]


def _line(content: bytes, position: int) -> str:
    """Return which line of a file a position is in, as a finding says it."""
    number = content.count(b"\n", 0, position) + 1
    return f"line {number}"


def _ignored(chain: Chain) -> Iterator[Finding]:
    """Files that the course sees, and this person's git would leave out of a commit."""
    for path, source in chain.store.ignored_by_person(chain.tree).items():
        yield Finding(
            path,
            f"is a file of the course, but your git ignores it, by a rule in {source}",
            f"git add --force -- {names.word(path)}"
            "   (or, if it is no part of the step, name it in .gitignore)",
            warning=True,
        )


def _markers(chain: Chain) -> Iterator[Finding]:
    """What git left in a conflict is no content of a step."""
    for where, found in _judged(chain, marked_lines):
        lines = [str(number) for number in found]
        if lines:
            numbers = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(lines)}"
            yield Finding(
                where,
                f"a conflict marker is left in {numbers}",
                "Fix it, then: course propagate --continue   (if one waits; or: course propagate)",
            )


def _own_number(chain: Chain) -> Iterator[Finding]:
    """A snapshot that names its number is wrong as soon as a step is inserted before it."""
    numbered = {link.name.encode() for link in chain if link.number is not None}

    def named(content: bytes) -> list[tuple[str, str]]:
        if marked := marked_lines(content):
            # Beside a marker stands the name of its side: that is `_markers`' to say.
            lines = content.split(b"\n")
            content = b"\n".join(
                b"" if number in marked else line for number, line in enumerate(lines, 1)
            )
        found = (name for name in numbered if name in content)
        return [(_line(content, content.index(name)), name.decode()) for name in found]

    for where, names_in_it in _judged(chain, named):
        for line, name in names_in_it:
            yield Finding(
                where,
                f"{line} names {name}: a snapshot names no step's number",
                "Say it without the number.",
            )


def _links_outside(chain: Chain) -> Iterator[Finding]:
    for link in chain:
        for path, entry in chain.entries(link).items():
            if entry.mode != "120000":
                continue
            target = chain.store.blobs([entry.blob])[entry.blob].decode("utf-8", "replace")
            resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            # An absolute path of Windows (C:\\…) is one on Windows alone, but wrong everywhere.
            absolute = target.startswith(("/", "\\")) or target[1:2] == ":"
            if absolute or resolved == ".." or resolved.startswith("../"):
                yield Finding(
                    f"{link.folder}/{path}",
                    f"a symbolic link to {target}, outside the snapshot",
                    "Bring the file into the snapshot.",
                )


def _addresses(chain: Chain) -> Iterator[Finding]:
    """A lock with a package index's address works only where that index is reached."""
    for where, line in _judged(chain, _address, _LOCKS):
        yield from _addressed(where, line, "course lock")


def _tools_addresses(chain: Chain) -> Iterator[Finding]:
    """So does one with which what is beside the chain is installed: the tool, and what it pins."""
    root = chain.repository.root
    for where in git.listed(root, unversioned=True):
        path = root / where
        if not where.startswith((f"{STEPS}/", f"{FINAL}/")) and path.is_file():
            line = _address(path.read_bytes()) if where.endswith(_LOCKS) else ""
            yield from _addressed(where, line, "Take the address out of the file.")


def _address(content: bytes) -> str:
    """Return the line of a lock that holds the address of a package index; empty if none does."""
    match = _INDEX.search(content)
    return _line(content, match.start()) if match else ""


def _addressed(where: str, line: str, remedy: str) -> Iterator[Finding]:
    if line:
        yield Finding(where, f"{line} holds the address of a package index", remedy)


def _locks(chain: Chain) -> Iterator[Finding]:
    for line in lock_files.disagreements(chain):
        where, _, problem = line.partition(": ")
        yield Finding(where, problem, "course lock")


def _exports(chain: Chain) -> Iterator[Finding]:
    """An export installs what the lock beside it says, and no other package or version."""
    for link in _own(chain):
        for path, problem in exports.problems(chain, link):
            if problem.startswith("lacks") and lock_files.LOCK not in chain.entries(link):
                remedy = f"Pin it in {link.folder}/{path}; then: {exports.REMEDY}"
            else:
                remedy = exports.REMEDY
            yield Finding(f"{link.folder}/{path}", problem, remedy)


def _sizes(chain: Chain) -> Iterator[Finding]:
    for link in _own(chain):
        added, _ = listing.size(chain, link)
        if added > LONG:
            over = added > MOST_LINES
            limit = f"over {MOST_LINES}" if over else f"over {LONG}; {MOST_LINES} is the most"
            yield Finding(
                link.folder,
                f"adds {added} lines, {limit}",
                f"Split it: course new --after {link.step.slug} SLUG",
                warning=not over,
            )


def _pages(chain: Chain) -> Iterator[Finding]:
    pages = chain.course.about.pages
    if not pages:
        return
    folder = chain.repository.root / pages
    present = {path.stem for path in folder.glob("*.md")} - {"index"}
    for link in chain:
        if link.step.slug not in present and not link.is_copy:
            yield Finding(f"{pages}/{link.step.slug}.md", f"{link.folder} has no page", "Write it.")
    for slug in sorted(present - {link.step.slug for link in chain}):
        yield Finding(f"{pages}/{slug}.md", "is the page of no step", "Rename it, or take it away.")


def _minutes(chain: Chain) -> Iterator[Finding]:
    """Minutes are computed; who sets them by hand says why."""
    for link in chain:
        if link.step.minutes is not None and not link.step.minutes_because.strip():
            yield Finding(
                f"{STEPS}/course.toml",
                f"step {link.step.slug!r}: its minutes are set by hand, without a reason "
                f"(computed: {pace.work(chain, link).minutes})",
                "Take the key out, or say why: minutes_because",
            )


def _paths(chain: Chain) -> Iterator[Finding]:
    """A path fills the time that it has, and no more."""
    for path in chain.course.paths:
        takes = pace.total(chain, [chain.find(slug) for slug in path.steps])
        if _FILLED * path.minutes <= takes <= path.minutes:
            continue
        much = "more" if takes > path.minutes else "much less"
        yield Finding(
            f"{STEPS}/course.toml",
            f"path {path.slug!r}: its steps take {takes} minutes, {much} than its {path.minutes}",
            f"{'Take a step out of it' if takes > path.minutes else 'Add a step to it'}.",
        )


def _overview(chain: Chain) -> Iterator[Finding]:
    for path, content in overview.generated(chain).items():
        file = chain.repository.root / path
        if not file.is_file() or file.read_bytes() != content:
            yield Finding(path, "is not what the catalogue says", "course lint --fix")


def _returning_lines(chain: Chain) -> Iterator[Finding]:
    """A line that a step removes and a later one brings back: was the removal a mistake?"""
    removed: dict[tuple[str, str], Link] = {}
    for link in chain:
        if link.is_copy or link.position == 0:
            continue
        added_here, removed_here = _lines(chain, link)
        for where in sorted(added_here & set(removed)):
            origin = removed[where]
            yield Finding(
                f"{link.folder}/{where[0]}",
                f"the line {where[1]!r} returns, which {origin.name} removed",
                "If it was removed by mistake, fix that step and run: course propagate",
                warning=True,
            )
        for where in removed_here - added_here:
            removed[where] = link
        for where in added_here:
            removed.pop(where, None)


def _lines(chain: Chain, link: Link) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    before = chain.before(link)
    old = chain.tree_of(before) if before else EMPTY_TREE
    text = chain.store.run("diff-tree", "-r", "-p", "-U0", "-M", old, chain.tree_of(link))
    added: set[tuple[str, str]] = set()
    removed: set[tuple[str, str]] = set()
    path, inside = "", False
    for line in text.decode("utf-8", "replace").split("\n"):
        if line.startswith("@@ "):
            inside = True
        elif line.startswith("diff --git "):
            inside = False
        elif not inside and line[:6] in ("--- a/", "+++ b/"):
            # Git ends a name that holds a blank with a tab.
            path = line[6:].rstrip("\t")
        elif inside and line[:1] in "+-" and len(line.strip()) >= _TELLING_LINE:
            (added if line[0] == "+" else removed).add((path, line[1:].strip()))
    marked = chain.marked(link, sorted({where[0] for where in added | removed}))
    return (
        {where for where in added if where[0] not in marked},
        {where for where in removed if where[0] not in marked},
    )


# All but the one that looks at this person's git.
_RULES: tuple[Rule, ...] = (
    _folders,
    _copies,
    _forbidden,
    _markers,
    _own_number,
    _links_outside,
    _addresses,
    _tools_addresses,
    _locks,
    _exports,
    _sizes,
    _pages,
    _minutes,
    _paths,
    _overview,
    _returning_lines,
    _wording,
)


def fix(chain: Chain, writer: Writer | None = None) -> list[str]:
    """Regenerate what is made from the chain and the catalogue, and return what was written.

    Args:
        chain: the chain.
        writer: who holds the working copy already, if somebody does.
    """
    if writer is None:
        with journal.changing(chain.repository, "lint --fix") as holder:
            return fix(chain, holder)
    written = copies.renew(chain, writer)
    plan = journal.replacing(chain.repository, overview.generated(chain))
    writer.carry_out(plan)
    return [*written, *copies.paths(plan)]
