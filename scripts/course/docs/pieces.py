"""What each fence of a page becomes: the one place where fences, the chain and the views meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from course.chain import NOTHING, Link
from course.difference.changes import FileChange, Lines
from course.difference.symbols import Range
from course.docs import fences, figures, mistake_fence, pace, pages, selection
from course.docs.consoles import transcripts
from course.docs.fences import CONSOLE, Block, Fence
from course.docs.mistake_fence import MISTAKE
from course.docs.site import Site
from course.docs.views import (
    console,
    diff,
    excerpt,
    factor_strip,
    mistake,
    plans,
    road,
    step_header,
    timetable,
    tree,
)
from course.docs.views.step_header import Address
from course.errors import CourseError

ARCHIVES = "zips"
# The page that tells how to work along.
_GUIDE = "getting-started.md"
# The page with a section for each of the Twelve Factors.
_FACTORS = "twelve-factors.md"


@dataclass(frozen=True)
class PageContext:
    """A page that is being rendered.

    Attributes:
        site: what it draws on.
        uri: its path inside ``docs/``.
        link: the step that it speaks of, if any.
        blocks: its fenced blocks.
        numbers: the files of its figures so far; how many there are numbers the next.
        drawn: its drawings so far.
    """

    site: Site
    uri: str
    link: Link | None
    blocks: tuple[Block, ...]
    numbers: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    @cached_property
    def diffs(self) -> tuple[Fence, ...]:
        """Its ``diff-file`` fences, but for those that cannot be read."""
        found = []
        for block in self.blocks:
            if block.language == "diff-file":
                try:
                    found.append(fences.read(block))
                except CourseError:
                    pass
        return tuple(found)

    def step(self, slug: str = "") -> Link:
        """Return a step by its slug, or the page's own.

        Raises:
            CourseError: when there is none.
        """
        link = self.site.chain.find(slug) if slug else self.link
        if link is None:
            raise CourseError(
                "this page belongs to no step.",
                "Name one in the front matter (`step: …`), or in the fence.",
            )
        self.site.note(self.uri, link)
        return link

    def shown(self, slug: str = "") -> Link:
        """Return a step by its slug, or the page's own, or where there is none: the last of all.

        A page of no step is about the application as it is in the end.

        Raises:
            CourseError: when there is no step of that slug.
        """
        if slug or self.link is not None:
            return self.step(slug)
        link = self.site.chain.links[-1]
        self.site.note(self.uri, link)
        return link


def of_block(context: PageContext, block: Block, line: int) -> str:
    """Return the HTML for a fence.

    Args:
        context: the page.
        block: the fence.
        line: its line in the page, from 1.

    Raises:
        CourseError: when it names what is not there.
    """
    if block.language == CONSOLE:
        return console.render(block, transcripts.read(block, line))
    if block.language == MISTAKE:
        return mistake.render(mistake_fence.read(block))
    fence = fences.read(block)
    return _MAKERS[fence.kind](context, fence)


def _diff(context: PageContext, fence: Fence) -> str:
    link = context.step()
    file = file_of(context.site, link, fence.path)
    same = [other for other in context.diffs if other.path == fence.path]
    change = file.change
    key = context.site.memory.key(
        *("diff", file.path, change.old_path, change.status, file.mark),
        *(f"{side.mode} {side.blob}" if side else "" for side in (change.old, change.new)),
        repr(fence.keys),
        repr([other.keys for other in same]) if len(same) > 1 else "",
    )
    selected, ranges = Lines(), list[Range]()
    if not context.site.memory.has(key):
        # Done before the figure is made, so that what is wrong with the fence is heard at once.
        selected = selection.of_fence(fence, file, [f for f in same if f != fence])
        if file.edits:
            ranges = selection.symbol_ranges(fence, file)
    context.numbers.append(fence.path)
    return context.site.memory.figure(
        key,
        fence.path,
        lambda: diff.render(file, selected, ranges, fence.one("title"), fence.one("fold")),
        anchor=anchor(fence.path) if same and same[0] == fence else "",
        number=len(context.numbers),
    )


def file_of(site: Site, link: Link, path: str) -> FileChange:
    """Return the change of one file of a step.

    Raises:
        CourseError: when the step does not change it.
    """
    changes = site.changes(link)
    if path in changes:
        return changes[path]
    renamed = [file.path for file in changes.values() if file.change.old_path == path]
    if renamed:
        raise CourseError(f"{path} is {renamed[0]} now.", "Name it by its new path.")
    if path in site.entries(link):
        raise CourseError(
            f"{link.name} does not change {path}.", "For a file that stays, use an excerpt fence."
        )
    ending = path.rsplit("/", 1)[-1]
    near = [known for known in changes if known.endswith(ending)] or list(changes)
    raise CourseError(
        f"{link.name} has no file {path}.", f"It changes: {', '.join(near[:12]) or 'nothing'}."
    )


def anchor(path: str) -> str:
    """Return the id of the first diff of a file on a page: ``config-settings-py``."""
    return "".join(c if c.isalnum() else "-" for c in path).strip("-").lower()


def _excerpt(context: PageContext, fence: Fence) -> str:
    link = context.shown(fence.one("step"))
    where = "" if link == context.shown() else link.step.title
    entry = context.site.entries(link).get(fence.path)
    if entry is None:
        raise CourseError(
            f"{link.name} has no file {fence.path}.", f"course show {link.label} lists its files."
        )
    key = context.site.memory.key("excerpt", fence.path, entry.blob, repr(fence.keys), where)
    return context.site.memory.get(
        key, lambda: excerpt.render(fence, context.site.content(entry), where)
    )


def _tree(context: PageContext, fence: Fence) -> str:
    link = context.shown(fence.one("step"))
    return tree.render(fence, link.name, context.site.entries(link), context.site.changes(link))


def _figure(context: PageContext, fence: Fence) -> str:
    drawing = figures.read(context.site.chain.repository.root, fence.path)
    context.drawn.append(fence.path)
    count = context.drawn.count(fence.path)
    name = f"figure-{fence.path.removesuffix(figures.SUFFIX)}"
    return figures.render(drawing, name if count == 1 else f"{name}-{count}", fence.one("caption"))


def _waive(context: PageContext, fence: Fence) -> str:
    paths = waived_paths(fence, context.site.changes(context.step()))
    return step_header.waived(paths, fence.one("reason"))


def waived_paths(fence: Fence, changes: dict[str, FileChange]) -> list[str]:
    """Return the changed files that a ``waive`` fence names.

    Raises:
        CourseError: when one of its paths names none.
    """
    found = []
    for pattern in fence.paths:
        matching = [path for path in changes if matches(path, pattern)]
        if not matching:
            raise CourseError(
                f"the step changes no file {pattern}.", "Take it out of the waive fence."
            )
        found += matching
    return list(dict.fromkeys(found))


def matches(path: str, pattern: str) -> bool:
    """Return whether a pattern names a path; ``*`` stays inside a name, ``**`` does not."""
    return _matches(path.split("/"), pattern.split("/"))


def _matches(parts: list[str], patterns: list[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_matches(parts[skip:], patterns[1:]) for skip in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])


def _generated(context: PageContext, fence: Fence) -> str:
    return generated(context)


def _timetable(context: PageContext, fence: Fence) -> str:
    return timetable.render(fence, context.site.chain, _hrefs(context))


def _steps(context: PageContext, fence: Fence) -> str:
    return plans.steps(fence, context.site.chain, _hrefs(context))


def _path(context: PageContext, fence: Fence) -> str:
    return plans.path(fence, context.site.chain, _hrefs(context))


def _road(context: PageContext, fence: Fence) -> str:
    return road.render(context.site.chain, _hrefs(context))


def _factors(context: PageContext, fence: Fence) -> str:
    there = (context.site.chain.repository.root / pages.DOCS / _FACTORS).is_file()
    page = context.site.href(context.uri, _FACTORS) if there else ""
    return factor_strip.render(context.site.chain, _hrefs(context), page)


def _hrefs(context: PageContext) -> Callable[[Link], str]:
    def href(link: Link) -> str:
        found = _address(context, link)
        return found.href if found else ""

    return href


def generated(context: PageContext) -> str:
    """Return the list of the step's generated and vendored files."""
    link = context.step()
    return step_header.generated(link, context.site.changes(link).values())


def header(context: PageContext) -> str:
    """Return the header of the step's page."""
    site, chain = context.site, context.site.chain
    link = context.step()
    return step_header.header(
        link,
        site.changes(link),
        _address(context, chain.before(link)),
        _address(context, chain.after(link)),
        site.href(context.uri, f"{ARCHIVES}/{link.name}.zip"),
        pace.minutes(chain, link),
        (
            ""
            if link.is_copy
            else step_header.work_along(
                _begun_from(context, link), _guide(context), _hint_before(context, link)
            )
        ),
    )


def _begun_from(context: PageContext, link: Link) -> str:
    """Return what `course play` is told so that a step is the next."""
    before = context.site.chain.before(link)
    return before.step.slug if before else NOTHING


def _hint_before(context: PageContext, link: Link) -> str:
    """Return what to know of the app that one has when the step begins."""
    before = context.site.chain.before(link)
    return before.step.settings.hint if before else ""


def _guide(context: PageContext) -> str:
    path = context.site.chain.repository.root / pages.DOCS / _GUIDE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    address = context.site.href(context.uri, _GUIDE)
    return f"{address}#work-along" if "\n## Work along\n" in text else address


def footer(context: PageContext) -> str:
    """Return what stands at the end of the step's page; nothing where nothing is to be done."""
    return "" if context.step().is_copy else step_header.checked()


def _address(context: PageContext, link: Link | None) -> Address | None:
    if link is None:
        return None
    chain = context.site.chain
    uri = pages.uri_of(chain, link)
    if not (chain.repository.root / pages.DOCS / uri).is_file():
        return None
    return Address(link.step.title, context.site.href(context.uri, uri))


_MAKERS = {
    "diff-file": _diff,
    "excerpt": _excerpt,
    "tree": _tree,
    "figure": _figure,
    "waive": _waive,
    "generated": _generated,
    "timetable": _timetable,
    "steps": _steps,
    "path": _path,
    "road": _road,
    "factors": _factors,
}
