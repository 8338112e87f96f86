"""What the gates are given: each page's source, its step, its HTML, and lines for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from course.chain import Link
from course.docs import pages
from course.docs.built_page import BuiltPage
from course.docs.pages import Page
from course.docs.site import Site
from course.errors import CourseError


@dataclass(frozen=True)
class Checked:
    """A built site.

    Attributes:
        site: what its pages draw on.
        pages: the sources by path inside ``docs/``.
        built: the built pages by the same paths.
        folder: where the site was built.
        fresh: whether nothing is believed of what is remembered of its pages.
    """

    site: Site
    pages: Mapping[str, Page]
    built: Mapping[str, BuiltPage]
    folder: Path
    fresh: bool = False

    @cached_property
    def tree(self) -> str:
        """The tree of the whole course as it is there, without what git ignores."""
        store = self.site.chain.store
        return store.folder_tree(self.site.chain.repository.root)

    def step_of(self, page: Page) -> Link | None:
        """Return the step that a page speaks of; none too when its front matter is wrong."""
        try:
            return pages.step_of(self.site.chain, page.uri, page.meta)
        except CourseError:
            return None

    def weight(self, page: Page, language: str) -> float:
        """Return how long the blocks of one language may take: later steps have more tests."""
        step = self.step_of(page)
        blocks = sum(1 for block in page.blocks if block.language == language)
        return blocks * (1 + (step.position if step else 0))

    def line_of_path(self, page: Page, path: str) -> int:
        """Return the line of the last fence of a page that names a path; else as `line_of`."""
        found = [block.first + 1 for block in page.blocks if path in block.lines]
        return found[-1] if found else self.line_of(page, path)

    def line_of(self, page: Page, text: str) -> int:
        """Return the last line of a page's source that holds some text, from 1; 0 if none does."""
        found = [number for number, line in enumerate(page.lines, 1) if text and text in line]
        return found[-1] if found else 0
