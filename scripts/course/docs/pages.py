"""The sources of pages in ``docs/``: front matter, addresses, and which step a page is of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from course import names
from course.chain import Chain, Link
from course.docs import fences
from course.docs.fences import Block
from course.errors import CourseError

DOCS = "docs"
_FRONT_MATTER = re.compile(r"\A---[ ]*\n(.*?)^(?:---|\.\.\.)[ ]*\n", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"^([\w-]+):[ ]*(.*?)[ ]*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """The source of a page.

    Attributes:
        uri: its path inside ``docs/``, with ``/`` on every system.
        text: all of it, front matter included.
    """

    uri: str
    text: str = field(repr=False)

    @cached_property
    def meta(self) -> dict[str, str]:
        """Its front matter, as far as it is words."""
        match = _FRONT_MATTER.match(self.text)
        found = _KEY.findall(match[1]) if match else []
        return {key: value.strip("'\"") for key, value in found}

    @cached_property
    def offset(self) -> int:
        """How many lines of front matter stand before the Markdown."""
        match = _FRONT_MATTER.match(self.text)
        return match[0].count("\n") if match else 0

    @cached_property
    def lines(self) -> list[str]:
        """Its lines; those of the front matter are empty, so that numbers stay."""
        lines = self.text.split("\n")
        return [""] * self.offset + lines[self.offset :]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Its fenced blocks."""
        return tuple(fences.blocks(self.lines))

    @property
    def place(self) -> str:
        """Its path from the root, for messages."""
        return f"{DOCS}/{self.uri}"


def folder(chain: Chain) -> str:
    """Return the folder of the steps' pages inside ``docs/``."""
    return (chain.course.about.pages or f"{DOCS}/steps").strip("/").removeprefix(f"{DOCS}/")


def uri_of(chain: Chain, link: Link) -> str:
    """Return where a step's page lies inside ``docs/``."""
    return str(PurePosixPath(folder(chain)) / f"{link.step.slug}.md")


def step_of(chain: Chain, uri: str, meta: dict[str, str]) -> Link | None:
    """Return the step that a page speaks of: by its front matter, or by its name.

    Raises:
        CourseError: when the front matter names no step.
    """
    if meta.get("step"):
        return chain.find(meta["step"])
    path = PurePosixPath(uri)
    if str(path.parent) == folder(chain):
        for link in chain:
            if link.step.slug == path.stem:
                return link
    return None


def is_step_page(chain: Chain, uri: str, link: Link | None) -> bool:
    """Return whether a page is the page of a step, and so begins with its header."""
    return link is not None and uri == uri_of(chain, link)


def require_address(uri: str) -> None:
    """Make sure that a file below ``docs/`` can have an address on a site.

    Raises:
        CourseError: when its name is not UTF-8, with the command that renames it.
    """
    if names.is_utf8(uri):
        return
    place = f"{DOCS}/{uri}"
    other = place.encode("utf-8", "replace").decode("utf-8").replace("?", "_")
    raise CourseError(
        f"{names.shown(place)}: its name is not UTF-8, so it has no address on a site.",
        f"mv {names.word(place)} {names.word(other)}   (or to any other name)",
    )


def every(root: Path) -> Iterator[Page]:
    """Read every page below ``docs/``, in order of path."""
    docs = root / DOCS
    for path in sorted(docs.rglob("*.md")):
        uri = path.relative_to(docs).as_posix()
        require_address(uri)
        if any(part.startswith(".") for part in PurePosixPath(uri).parts):
            continue
        try:
            yield Page(uri, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise CourseError(f"{DOCS}/{uri}: not UTF-8: {error}", "Save it as UTF-8.") from None
