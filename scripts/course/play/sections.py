"""Which section of a step's page shows which file, and in which order it has them done."""

from __future__ import annotations

import re
from dataclasses import dataclass

from course.chain import Chain, Link
from course.difference import changes
from course.difference.changes import FileChange, Lines
from course.docs import fences, pages, pieces, selection
from course.docs.fences import Block, Fence
from course.docs.pages import DOCS, Page
from course.errors import CourseError

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_CHANGE = frozenset({"diff-file", "waive", "generated"})
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*`]{1,2}")


@dataclass(frozen=True)
class Shown:
    """A piece of a step's change, where its page shows it.

    Attributes:
        place: the page, from the root.
        heading: the heading over it, with the ones above that.
        intro: the paragraph before it; of files that the page leaves out, the reason.
        fence: what it is.
        paths: the changed files that it names.
        lines: the lines of the one file that it shows; empty for a piece of several files.
    """

    place: str
    heading: tuple[str, ...]
    intro: str
    fence: Fence
    paths: tuple[str, ...]
    lines: Lines

    @property
    def section(self) -> str:
        """The section as it is told: its heading and its page."""
        return f"“{' › '.join(self.heading) or 'the beginning'}” in {self.place}"


def change_of(chain: Chain, link: Link) -> dict[str, FileChange]:
    """Return what a step changes on the one before, by path."""
    hunks = changes.hunks(chain.store, [chain.pair_of(link)])
    return changes.of_step(chain, link, chain.store.blobs, hunks)


def of_page(chain: Chain, link: Link) -> list[Shown]:
    """Return the pieces of a step's change in the order of its page; none without a page."""
    page = _page(chain, link)
    if page is None:
        return []
    files = change_of(chain, link)
    found = []
    read: list[tuple[Block, Fence]] = []
    for block in page.blocks:
        if block.language in _CHANGE:
            try:
                read.append((block, fences.read(block)))
            except CourseError:
                continue
    diffs = [fence for _, fence in read if fence.kind == "diff-file"]
    for block, fence in read:
        try:
            paths, lines = _shown(fence, files, diffs)
        except CourseError:
            # What is wrong with a page is found by `course docs check`, and no learner's concern.
            continue
        heading, intro = _before(page, block)
        if fence.kind == "waive":
            # Such a file is made in passing: the paragraph before is about something else.
            intro = f"Not shown: {fence.one('reason')}"
        found.append(Shown(page.place, heading, intro, fence, paths, lines))
    return found


def address(chain: Chain, link: Link) -> str:
    """Return where a step's page lies, from the root; empty without one."""
    page = _page(chain, link)
    return page.place if page else ""


def _page(chain: Chain, link: Link) -> Page | None:
    uri = pages.uri_of(chain, link)
    path = chain.repository.root / DOCS / uri
    try:
        return Page(uri, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _shown(
    fence: Fence, files: dict[str, FileChange], diffs: list[Fence]
) -> tuple[tuple[str, ...], Lines]:
    if fence.kind == "generated":
        return tuple(path for path, file in files.items() if file.mark), Lines()
    if fence.kind == "waive":
        return tuple(pieces.waived_paths(fence, files)), Lines()
    if fence.path not in files:
        raise CourseError(f"the step does not change {fence.path}.")
    file = files[fence.path]
    others = [other for other in diffs if other.path == fence.path and other != fence]
    return (fence.path,), selection.of_fence(fence, file, others)


def _before(page: Page, block: Block) -> tuple[tuple[str, ...], str]:
    """Return the headings over a block, and the paragraph before it."""
    inside = {number for other in page.blocks for number in range(other.first, other.last + 1)}
    path: list[tuple[int, str]] = []
    for number in range(block.first):
        match = None if number in inside else _HEADING.match(page.lines[number])
        if match:
            depth = len(match[1])
            path = [(d, text) for d, text in path if d < depth]
            path.append((depth, plain(match[2])))
    paragraph: list[str] = []
    for number in range(block.first - 1, -1, -1):
        line = page.lines[number].strip()
        if number in inside or line.startswith("#") or (not line and paragraph):
            break
        if line:
            paragraph.insert(0, line)
    # The page's own title says what the step is; below it a heading says where on the page.
    return tuple(text for depth, text in path if depth > 1), plain(" ".join(paragraph))


def plain(text: str) -> str:
    """Return a line of Markdown as it is read."""
    return _MARKUP.sub(lambda match: match[1] or "", text)
