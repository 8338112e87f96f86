"""The navigation of the site, made from the catalogue and from the pages that exist.

It stands in ``mkdocs.yml`` between two marks, so that any builder of the same file shows it. Builds
by the tool never need it to be up to date: they are given it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from course.chain import Chain
from course.docs import pages
from course.errors import CourseError
from course.repository import write_if_changed

CONFIGURATION = "mkdocs.yml"
BEGIN = "# nav: begin"
END = "# nav: end"

# The pages around those of the steps, in order; those that do not exist are left out.
_FIRST = ("index.md", "getting-started.md")
_AFTER = ("twelve-factors.md", "five-ways.md", "where-to-find.md", "instructors.md")
_CONTRIBUTORS = "contributors"
_LAST = ("platforms.md", "reference.md")

# What YAML reads as text without quotes.
_PLAIN = re.compile(r"\w[\w./-]*")

# A page, or a heading over further entries.
Entry = str | dict[str, "list[Entry]"]


def entries(chain: Chain, present: Sequence[str] | None = None) -> list[Entry]:
    """Return the navigation as MkDocs takes it: paths of pages, and headings over lists of them.

    Args:
        chain: the chain.
        present: the pages that there are, by their paths inside ``docs/``; without it, those that
            are there now.
    """
    if present is None:
        present = [page.uri for page in pages.every(chain.repository.root)]
    # As folders are read: part by part.
    present = sorted(present, key=PurePosixPath)
    placed: set[str] = set()

    def existing(uris: Sequence[str]) -> list[Entry]:
        found = [uri for uri in uris if uri in present]
        placed.update(found)
        return [*found]

    nav = existing(_FIRST)
    for number, part in enumerate(chain.course.parts, 1):
        steps = [pages.uri_of(chain, link) for link in chain if link.step.part == number]
        if listed := existing(steps):
            nav.append({f"{number} · {part.title}": listed})
    nav += existing(_AFTER)
    ours = sorted(uri for uri in present if uri.startswith(f"{_CONTRIBUTORS}/"))
    if listed := existing(sorted(ours, key=lambda u: not u.endswith("index.md"))):
        nav.append({"For contributors": listed})
    nav += existing(_LAST)
    rest = [uri for uri in present if uri not in placed and "/" not in uri]
    return [*nav, *existing(rest)]


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
            lines.append(f"{'  ' * depth}- {item if _PLAIN.fullmatch(item) else _quoted(item)}")
        else:
            for title, inner in item.items():
                lines.append(f"{'  ' * depth}- {_quoted(title)}:")
                lines += _yaml(inner, depth + 2)
    return lines


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
