"""The last copies of what a person wrote: where git put a step back, only later steps have it.

What the tool wrote into a step needs no backup while its source is there. When the source was put
back (``git checkout -- steps/09-…``, or by hand), the copies in the later steps follow, and one of
them is the last that there is of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain as chained

from course.chain import Link
from course.propagate.git_objects import Objects


def last_copies(
    objects: Objects,
    links: Iterable[Link],
    committed: Mapping[str, str],
    base: Mapping[str, str],
    working: Mapping[str, str],
    result: Mapping[str, str],
) -> set[tuple[str, str]]:
    """Return the files that are about to go and hold the last copy of an edit that was put back.

    Args:
        objects: the store's objects.
        links: the links in order.
        committed: by slug, the tree that the commit has.
        base: by slug, the tree that the next link has taken in.
        working: by slug, the tree in the working copy.
        result: by slug, the tree that is to be there.

    Returns:
        Slugs and paths: of each edit the first copy in a later link.
    """
    # By path, the content of each edit that is no longer in its own link; by content, its path.
    gone: dict[str, set[str]] = {}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for link in links:
        slug = link.step.slug
        if gone and result[slug] != working[slug]:
            for path, (old, _) in objects.differences(working[slug], result[slug]).items():
                if old is None or old == objects.file(committed[slug], path):
                    continue
                for content in gone.get(path, ()):
                    # As it was merged into the later link, or as it was written.
                    found.setdefault((path, content), (slug, path))
                for lost, contents in gone.items():
                    if lost != path and old.blob in contents:
                        found.setdefault((lost, old.blob), (slug, path))
        for path, (taken, now) in objects.differences(base[slug], working[slug]).items():
            put_back = now == objects.file(committed[slug], path)
            if put_back and taken is not None and (now is None or now.blob != taken.blob):
                gone.setdefault(path, set()).add(taken.blob)
    if not found:
        return set()
    trees = {*committed.values(), *result.values()}
    files = chained.from_iterable(objects.files(tree).values() for tree in trees)
    kept = {entry.blob for entry in files}
    return {where for (_, content), where in found.items() if content not in kept}
