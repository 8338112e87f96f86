"""Warnings that a step no longer shows its own idea once an edit has reached it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from course import names
from course.chain import Chain, Link
from course.propagate.git_objects import Objects


def warnings(
    chain: Chain,
    objects: Objects,
    base: Mapping[str, str],
    working: Mapping[str, str],
    result: Mapping[str, str],
) -> list[str]:
    """Return a line for each sign found.

    Args:
        chain: the chain.
        objects: the store's objects.
        base: the links as they were before the edits, by slug.
        working: the links as they lay in the working copy.
        result: the links as they are now.
    """
    lines = []
    for link in chain:
        before = chain.before(link)
        if before is None or link.is_copy:
            continue
        slug, previous = link.step.slug, before.step.slug
        if result[slug] == result[previous] and base[slug] != base[previous]:
            lines.append(
                f"{link.folder}: nothing is left that differs from {before.folder}: what the step"
                " brought is in the step before now."
            )
        elif result[slug] != working[slug]:
            trees = (base[previous], base[slug], working[slug], result[slug])
            lines += _returned(objects, link, trees)
    return lines


def _returned(objects: Objects, link: Link, trees: tuple[str, str, str, str]) -> list[str]:
    """Return a line for each line that the link took out and that the merge brought back."""
    lines = []
    for path in objects.differences(trees[2], trees[3]):
        before, own, working, result = (_lines(objects, tree, path) for tree in trees)
        back = (before - own) & (result - working)
        for line in back:
            shown = line.decode("utf-8", "replace")
            where = names.shown(f"{link.folder}/{path}")
            lines.append(f"{where}: a line that the step took out is back: {shown}")
    return lines


def _lines(objects: Objects, tree: str, path: str) -> Counter[bytes]:
    entry = objects.file(tree, path)
    content = objects.blob(entry.blob) if entry is not None else b""
    if b"\0" in content:
        return Counter()
    # Brackets and blank lines come and go everywhere.
    stripped = (line.strip() for line in content.split(b"\n"))
    return Counter(line for line in stripped if sum(chr(c).isalnum() for c in line) > 2)
