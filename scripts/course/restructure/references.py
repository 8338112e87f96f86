"""What speaks of a step outside its folder: names, numbers, links between pages, and pictures.

Snapshots never name their own number, so only files outside ``steps/`` and ``final/`` are read;
the tool's own code (``scripts/``) speaks of made-up courses.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from course import git
from course.docs.pictures import list_editing as picture_list
from course.docs.pictures.catalogue import FINGERPRINTS, LIST, SUMS
from course.repository import CATALOGUE, Repository

_OUTSIDE = ("steps/", "final/", "scripts/", ".course/")
_LINK = re.compile(
    r"(\]\(\s*<?|^\[[^\]]+\]:\s*<?|\b(?:href|src)=[\"'])([^)\s>\"'#?]+)", re.MULTILINE
)


@dataclass(frozen=True)
class Renaming:
    """What is called otherwise from now on.

    Attributes:
        names: new names of links by old ones: ``04-posts`` → ``05-posts``.
        numbers: new numbers by old ones, as they are written: ``04`` → ``05``.
        slugs: new slugs by old ones.
        paths: new paths from the root by old ones, of pages and of folders with pictures.
        pictures: new names of pictures by old ones.
        gone: the slug of a step that is taken out; empty if none is.
        lost: the names of its pictures.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    slugs: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    gone: str = ""
    lost: frozenset[str] = frozenset()


def texts(repository: Repository) -> dict[str, bytes]:
    """Return the files that may speak of steps, by path from the root, as they lie on the disk."""
    found = {}
    for path in git.listed(repository.root):
        target = repository.root / path
        if path.startswith(_OUTSIDE) or path == CATALOGUE:
            continue
        if target.is_symlink() or not target.is_file() or path.endswith((".lock", "-lock.json")):
            continue
        content = target.read_bytes()
        if b"\0" not in content:
            found[path] = content
    return found


def follow(path: str, content: bytes, renaming: Renaming) -> bytes:
    """Return a file's content with what it says of steps brought up to date.

    Args:
        path: the file's path from the root, before anything moves.
        content: its bytes.
        renaming: what changes its name.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    if path in (FINGERPRINTS, SUMS) and (renaming.pictures or renaming.lost):
        return picture_list.keys(text, renaming.pictures, renaming.lost).encode()
    if path == LIST and renaming.gone:
        text = picture_list.without(text, renaming.gone)
    for old, new in renaming.slugs.items():
        if path == LIST:
            text = picture_list.rename(text, old, new)
        # Patterns such as those of .gitattributes, and the steps that fences name.
        text = re.sub(rf"(?<=\*-){re.escape(old)}(?![\w-])", new, text)
        text = re.sub(rf"(?m)^(\s*step:[ \t]*){re.escape(old)}(?=[ \t]*\r?$)", rf"\g<1>{new}", text)
    text = _replace(text, r"(?<![\w.-])(?:{})(?![\w-])", renaming.names)
    text = _replace(text, r"(?<=\bSTEP=)(?:{})\b", renaming.numbers)
    if renaming.numbers:
        numbers = "|".join(map(re.escape, renaming.numbers))
        text = re.sub(
            rf"(\bcourse [a-z]+ )({numbers})(?![\w.-])",
            lambda match: match[1] + renaming.numbers[match[2]],
            text,
        )
    if path.endswith(".md"):
        text = _links(text, path, renaming.paths)
    else:
        # A site's configuration names pages from its own folder.
        short = {_from_site(old): _from_site(new) for old, new in renaming.paths.items()}
        text = _replace(text, r"(?<![\w/.-])(?:{})(?![\w-])", {**short, **renaming.paths})
    return text.encode()


def _from_site(path: str) -> str:
    return path.partition("/")[2] or path


def _replace(text: str, pattern: str, renamed: Mapping[str, str]) -> str:
    """Replace every old name at once, so that no new one is replaced again."""
    if not renamed:
        return text
    names = "|".join(re.escape(name) for name in sorted(renamed, key=len, reverse=True))
    return re.sub(pattern.replace("{}", names), lambda match: renamed[match[0]], text)


def _links(text: str, path: str, paths: Mapping[str, str]) -> str:
    """Return a page with its links changed for what moves, the page itself included."""
    if not paths:
        return text
    folder = posixpath.dirname(path)
    there = posixpath.dirname(moved(path, paths))

    def change(match: re.Match[str]) -> str:
        target = match[2]
        if re.match(r"[a-z][a-z0-9+.-]*:|/", target):
            return match[0]
        full = posixpath.normpath(posixpath.join(folder, target))
        new = moved(full, paths)
        if new == full and there == folder:
            return match[0]
        return match[1] + posixpath.relpath(new, there or ".")

    return _LINK.sub(change, text)


def moved(path: str, paths: Mapping[str, str]) -> str:
    """Return where a path lies once others have moved."""
    for old, new in paths.items():
        if path == old or path.startswith(old + "/"):
            return new + path[len(old) :]
    return path
