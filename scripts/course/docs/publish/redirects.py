"""Addresses of pages that moved: small pages that lead on, written into the built site."""

from __future__ import annotations

import html
import posixpath
import tomllib
from pathlib import Path

from course.errors import CourseError
from course.repository import write_if_changed

FILE = "docs/redirects.toml"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>This page has moved</title>
<link rel="canonical" href="{href}">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={href}">
</head>
<body><main><h1>This page has moved</h1><p><a href="{href}">It is here now.</a></p></main></body>
</html>
"""


def read(root: Path) -> dict[str, str]:
    """Return the pages that moved: old path inside ``docs/`` → new path, which may have an anchor.

    Raises:
        CourseError: when the file is not as it should be.
    """
    try:
        text = (root / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        table = tomllib.loads(text).get("redirects", {})
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{FILE}: not valid TOML: {error}", "Fix that line.") from None
    if not isinstance(table, dict) or not all(isinstance(new, str) for new in table.values()):
        raise CourseError(f"{FILE}: not a table of pages.", 'Write: "old/page.md" = "new/page.md"')
    for path in (part for pair in table.items() for part in pair):
        page = path.partition("#")[0]
        if not page.endswith(".md") or posixpath.normpath(page) != page or page.startswith(".."):
            raise CourseError(f"{FILE}: {path!r} is not the path of a page.", "It ends with .md.")
    return dict(table)


def write(root: Path, folder: Path) -> None:
    """Write a page that leads on for each page that moved.

    Args:
        root: the course.
        folder: the built site.
    """
    for old, new in read(root).items():
        page, _, anchor = new.partition("#")
        target = page.removesuffix(".md") + ".html"
        href = posixpath.relpath(target, posixpath.dirname(old) or ".")
        href += f"#{anchor}" if anchor else ""
        text = _PAGE.format(href=html.escape(href))
        write_if_changed(folder / (old.removesuffix(".md") + ".html"), text.encode())
