"""The Python-Markdown extension that puts pieces of snapshots into pages.

In ``mkdocs.yml``::

    markdown_extensions:
      - course.docs.extension

It needs no options: the course is found from the page's own file, and a page knows its step by
its front matter or its name. MkDocs and Zensical each leave the page's path in a processor of
their own; that is all this module knows about either.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from course.docs import pages, pieces, site
from course.docs.fences import CONSOLE, KEYS, Block, blocks
from course.docs.highlight import escape
from course.docs.mistake_fence import MISTAKE
from course.docs.pieces import PageContext
from course.docs.site import Fault, Site
from course.errors import CourseError

# After white space is made plain (30), before any other fence (25) or raw HTML (20).
_PRIORITY = 28
_HEADING = re.compile(r"^#\s+\S")


class CourseExtension(Extension):
    """Registers the fences."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Add the preprocessor that replaces them."""
        md.preprocessors.register(FencePreprocessor(md), "course", _PRIORITY)


class FencePreprocessor(Preprocessor):
    """Replaces the fences of a page by the pieces that they name."""

    md: Markdown

    def run(self, lines: list[str]) -> list[str]:
        """Return the page's lines with a placeholder for each piece."""
        located = locate(self.md)
        if located is None:
            return lines
        root, uri = located
        current = site.current(root)
        current.faults[uri] = []
        current.seen.pop(uri, None)
        text = _source(root / pages.DOCS / uri)
        page = pages.Page(uri, text)
        # What stands before the Markdown is gone by now; both end with the same line.
        offset = max(0, _last(text.split("\n")) - _last(lines))
        try:
            link = pages.step_of(current.chain, uri, page.meta)
        except CourseError as error:
            current.faults[uri].append(Fault(page.place, 1, error.problem, error.remedy))
            link = None
        found = list(blocks(lines))
        context = PageContext(current, uri, link, tuple(found))
        return _Replacement(self.md, context, page.place, offset).run(lines, found)


class _Replacement:
    """One run over one page."""

    def __init__(self, md: Markdown, context: PageContext, place: str, offset: int) -> None:
        self.md = md
        self.context = context
        self.place = place
        self.offset = offset
        self.lists_generated = False

    @property
    def site(self) -> Site:
        return self.context.site

    def run(self, lines: Sequence[str], found: Sequence[Block]) -> list[str]:
        out: list[str] = []
        position = 0
        pending = pages.is_step_page(self.site.chain, self.context.uri, self.context.link)
        for block in [*found, None]:
            end = block.first if block else len(lines)
            for line in _without_comments(lines[position:end]):
                out.append(line)
                if pending and _HEADING.match(line):
                    pending = False
                    out += ["", *self._store(lambda: pieces.header(self.context), 1), ""]
            if block is None:
                break
            out += self._block(lines, block)
            position = block.last + 1
        if not self.lists_generated and pages.is_step_page(
            self.site.chain, self.context.uri, self.context.link
        ):
            out += ["", *self._store(lambda: pieces.generated(self.context), 1)]
        if pages.is_step_page(self.site.chain, self.context.uri, self.context.link):
            out += ["", *self._store(lambda: pieces.footer(self.context), 1)]
        return out

    def _block(self, lines: Sequence[str], block: Block) -> list[str]:
        if block.language not in (*KEYS, CONSOLE, MISTAKE):
            return list(lines[block.first : block.last + 1])
        self.lists_generated |= block.language == "generated"
        line = self.offset + block.first + 1
        made = self._store(lambda: pieces.of_block(self.context, block, line), line)
        return ["", *(block.indent + part for part in made), ""]

    def _store(self, make: Any, line: int) -> list[str]:
        """Keep a piece out of the Markdown and return the lines that stand for it."""
        try:
            html = make()
        except CourseError as error:
            fault = Fault(self.place, line, error.problem, error.remedy)
            self.site.faults[self.context.uri].append(fault)
            html = (
                f'<div class="cd-error" role="alert"><strong>{escape(self.place)}:{line}</strong> '
                f"{escape(error.problem)} {escape(error.remedy)}</div>"
            )
        if not html:
            return []
        return [self.md.htmlStash.store(html)]


def locate(md: Markdown) -> tuple[Path, str] | None:
    """Return the folder of the course and the path of the page that is being rendered.

    Returns:
        None for Markdown that is not a page of a site.
    """
    if "relpath" in md.treeprocessors:  # MkDocs
        file = getattr(md.treeprocessors["relpath"], "file", None)
        if file is not None and file.abs_src_path:
            uri = str(file.src_uri)
            docs = Path(file.abs_src_path).resolve()
            for _ in uri.split("/"):
                docs = docs.parent
            return docs.parent, uri
    if "rendering_context" in md.preprocessors:  # Zensical
        processor = md.preprocessors["rendering_context"]
        page = getattr(processor, "page", None)
        config = getattr(processor, "config", {})
        if page is not None:
            docs = Path(config.get("docs_dir") or pages.DOCS)
            path = Path(os.path.normpath(page.path))
            uri = path.relative_to(docs).as_posix() if path.is_absolute() else path.as_posix()
            return docs.resolve().parent, uri
    return None


def makeExtension(**options: Any) -> CourseExtension:
    """Return the extension, as Python-Markdown asks for it by the name of the module."""
    return CourseExtension(**options)


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _last(lines: Sequence[str]) -> int:
    """Return the number of the last line that holds something, from 0."""
    return max((number for number, line in enumerate(lines) if line.strip()), default=0)


def _without_comments(lines: Sequence[str]) -> list[str]:
    """Return lines without the comments that speak to the check alone."""
    out = []
    position = 0
    while position < len(lines):
        if lines[position].lstrip().startswith("<!-- not-a-path:"):
            end = position
            while end < len(lines) - 1 and "-->" not in lines[end]:
                end += 1
            position = end + 1
            continue
        out.append(lines[position])
        position += 1
    return out
