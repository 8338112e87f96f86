"""How many lines each file of a step's difference adds and removes."""

from __future__ import annotations

from course.chain import Chain, Link


def of_link(chain: Chain, link: Link) -> dict[str, tuple[int, int]]:
    """Return the lines that a link adds to and removes from each file, by path.

    Generated and vendored files are left out; a file without lines has none of either.
    """
    counts = chain.line_counts(link)
    marked = chain.marked(link, list(counts))
    return {path: count for path, count in counts.items() if path not in marked}
