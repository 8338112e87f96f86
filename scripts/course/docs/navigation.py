"""The navigation in ``mkdocs.yml``: its tabs, its titles, and the order of the pages.

It stands in ``mkdocs.yml`` between two marks, so that any builder of the same file shows it. Builds
by the tool never need it to be up to date: they are given it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from course.catalogue import Part
from course.chain import Chain, Link
from course.docs import pages
from course.errors import CourseError
from course.repository import write_if_changed

CONFIGURATION = "mkdocs.yml"
BEGIN = "# nav: begin"
END = "# nav: end"

# By itself, or MkDocs would not take it for the home page.
_HOME = "index.md"
# The headings around the parts, each a tab, with their pages in order; those that do not exist are
# left out. Pages that nothing names are looked up too.
_START = ("Start", ("getting-started.md", "platforms.md"))
_LOOK_UP = (
    "Look it up",
    ("where-to-find.md", "five-ways.md", "twelve-factors.md", "reference.md"),
)
_TEACH = ("Teach", ("instructors.md",))
_CONTRIBUTE = ("Contribute", "contributors")

# What YAML reads as text without quotes.
_PLAIN = re.compile(r"\w[\w./-]*")

# A page, a page with its title here, or a heading over further entries.
Entry = str | dict[str, "str | list[Entry]"]


def entries(chain: Chain, present: Sequence[str] | None = None) -> list[Entry]:
    """Return the navigation as MkDocs takes it: a heading for each tab, over pages and groups.

    A part is a tab, and its steps have their numbers in front of their titles.

    Args:
        chain: the chain.
        present: the pages that there are, by their paths inside ``docs/``; without it, those that
            are there now.
    """
    if present is None:
        present = [page.uri for page in pages.every(chain.repository.root)]
    # As folders are read: part by part.
    present = sorted(present, key=PurePosixPath)
    ours = [uri for uri in present if uri.startswith(f"{_CONTRIBUTE[1]}/")]
    ours.sort(key=lambda uri: not uri.endswith("index.md"))
    named = {_HOME, *_START[1], *_LOOK_UP[1], *_TEACH[1]}
    steps = {pages.uri_of(chain, link) for link in chain}
    rest = [uri for uri in present if "/" not in uri and uri not in named | steps]
    tabs: list[tuple[str, Sequence[Entry]]] = [
        (_START[0], [uri for uri in _START[1] if uri in present]),
        *(
            (tab_of(number, part), _of_part(chain, number, present))
            for number, part in enumerate(chain.course.parts, 1)
        ),
        (_LOOK_UP[0], [*(uri for uri in _LOOK_UP[1] if uri in present), *rest]),
        (_TEACH[0], [uri for uri in _TEACH[1] if uri in present]),
        (_CONTRIBUTE[0], ours),
    ]
    home: list[Entry] = [_HOME] if _HOME in present else []
    return home + [{title: [*inner]} for title, inner in tabs if inner]


def _of_part(chain: Chain, number: int, present: Sequence[str]) -> list[Entry]:
    """Return the steps of a part that have a page, under the headings of their groups."""
    found: list[Entry] = []
    links = [link for link in chain if link.step.part == number]
    links = [link for link in links if pages.uri_of(chain, link) in present]
    for group, inside in groupby(links, key=lambda link: "" if link.is_copy else link.step.group):
        inner: list[Entry] = [{title_of(link): pages.uri_of(chain, link)} for link in inside]
        found += [{group: inner}] if group else inner
    return found


def tab_of(number: int, part: Part) -> str:
    """Return what the tab of a part is called."""
    return f"{number} · {part.label}"


def title_of(link: Link) -> str:
    """Return what the navigation calls a step: its number and its title, as plain text."""
    title = link.step.title.replace("`", "")
    return f"{link.number} · {title}" if link.number else title


def written(chain: Chain, present: Sequence[str] | None = None) -> str:
    """Return the navigation as it stands in the configuration, marks included.

    The arguments are those of `entries`.
    """
    lines = [f"{BEGIN} (written by `course docs nav` from the catalogue)", "nav:"]
    lines += _yaml(entries(chain, present), 1)
    return "\n".join([*lines, END]) + "\n"


def _yaml(items: Sequence[Entry], depth: int) -> list[str]:
    lines = []
    for item in items:
        if isinstance(item, str):
            lines.append(f"{'  ' * depth}- {_scalar(item)}")
        else:
            for title, inner in item.items():
                if isinstance(inner, str):
                    lines.append(f"{'  ' * depth}- {_quoted(title)}: {_scalar(inner)}")
                    continue
                lines.append(f"{'  ' * depth}- {_quoted(title)}:")
                lines += _yaml(inner, depth + 2)
    return lines


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text in YAML's double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    seen = (c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped)
    return f'"{"".join(seen)}"'


def place(text: str) -> tuple[int, int] | None:
    """Return where the navigation begins and ends in a configuration; None without its marks."""
    begin, end = text.find(BEGIN), text.find(END)
    return (begin, end + len(END)) if 0 <= begin < end else None


def replaced(chain: Chain, text: str, present: Sequence[str] | None = None) -> str:
    """Return a configuration with the navigation that `write` would write into it.

    Args:
        chain: the chain.
        text: the configuration.
        present: as for `entries`.

    Raises:
        CourseError: when the marks are not there.
    """
    found = place(text)
    if found is None:
        raise CourseError(
            f"{CONFIGURATION} has no lines `{BEGIN}` and `{END}`.", "Put them at its end."
        )
    begin, end = found
    return text[:begin] + written(chain, present) + text[end:].removeprefix("\n")


def _with_navigation(chain: Chain) -> str:
    path = chain.repository.root / CONFIGURATION
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"there is no {CONFIGURATION}.", f"git checkout -- {CONFIGURATION}")
    return replaced(chain, text)


def is_current(chain: Chain) -> bool:
    """Return whether the configuration holds the navigation as it would be written now.

    Raises:
        CourseError: when the marks are not there.
    """
    path = chain.repository.root / CONFIGURATION
    return _with_navigation(chain) == path.read_text(encoding="utf-8")


def write(chain: Chain) -> bool:
    """Write the navigation into the configuration; return whether it changed.

    Raises:
        CourseError: when the marks are not there.
    """
    path: Path = chain.repository.root / CONFIGURATION
    return write_if_changed(path, _with_navigation(chain).encode())
