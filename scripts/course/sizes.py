"""How many lines each file of a step's difference adds and removes."""

from __future__ import annotations

from course.chain import Chain, Link
from course.git import EMPTY_TREE


def of_link(chain: Chain, link: Link) -> dict[str, tuple[int, int]]:
    """Return the lines that a link adds to and removes from each file, by path.

    Generated and vendored files are left out; a file without lines has none of either.
    """
    before = chain.before(link)
    old = chain.tree_of(before) if before else EMPTY_TREE
    raw = chain.store.run("diff-tree", "-r", "-z", "-M", "--numstat", old, chain.tree_of(link))
    fields = raw.decode("utf-8", "surrogateescape").split("\0")
    counts: dict[str, tuple[int, int]] = {}
    position = 0
    while position < len(fields) - 1:
        added, removed, path = fields[position].split("\t", 2)
        position += 1
        if not path:
            path = fields[position + 1]
            position += 2
        counts[path] = (int(added) if added != "-" else 0, int(removed) if removed != "-" else 0)
    marked = chain.marked(link, list(counts))
    return {path: count for path, count in counts.items() if path not in marked}
