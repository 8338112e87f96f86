"""What ``course verify --changed`` proves: the steps that changed, those after them, or all."""

from __future__ import annotations

from collections.abc import Sequence

from course import catalogue
from course.chain import Chain, Link
from course.errors import CourseError
from course.git import EMPTY_TREE
from course.repository import CATALOGUE

# What the tool consists of: a change here may change every result.
TOOL = ("scripts/course", "pyproject.toml", "poetry.lock", "requirements_dev.txt", ".gitattributes")


def changed(chain: Chain, base: str) -> list[Link]:
    """Return the links that need proof again since a revision.

    A link is touched when its files or its entry in the catalogue differ, or when the link before
    it is another one or differs.

    Args:
        chain: the chain as it stands in the working copy.
        base: the revision to compare with.

    Raises:
        CourseError: when the revision does not exist.
    """
    root = chain.store.commit_tree(base)
    if not root:
        chain.store.require_history()
        raise CourseError(
            f"There is no revision {base!r} to compare with.", "git fetch origin, or another --base"
        )
    now = chain.store.snapshot("steps", "final", *TOOL)
    for path in TOOL:
        if _entry(chain, root, path) != _entry(chain, now, path):
            return list(chain.links)
    old = _old_links(chain, root)
    touched: set[int] = set()
    for link in chain.links:
        before = chain.before(link)
        known = old.get(link.step.slug)
        if known is None:
            touched.add(link.position)
            continue
        tree, step, prior = known
        same_before = prior == (before.step.slug if before else "")
        if tree != chain.tree_of(link) or step != link.step or not same_before:
            touched.add(link.position)
    reached = touched | {position + 1 for position in touched}
    return [link for link in chain.links if link.position in reached]


def _entry(chain: Chain, root: str, path: str) -> bytes:
    return chain.store.run("ls-tree", "-z", root, "--", path)


def _old_links(chain: Chain, root: str) -> dict[str, tuple[str, catalogue.Step, str]]:
    """Return, by slug, the tree, the catalogue's entry and the slug before, at a revision."""
    entry = chain.store.entries(root).get(CATALOGUE)
    if entry is None:
        return {}
    text = chain.store.blobs([entry.blob])[entry.blob].decode("utf-8", "replace")
    try:
        old = Chain(chain.repository, catalogue.parse(text, CATALOGUE))
    except CourseError:
        return {}
    trees = old.trees_at(root)
    return {
        link.step.slug: (
            trees.get(link.name, EMPTY_TREE),
            link.step,
            before.step.slug if (before := old.before(link)) else "",
        )
        for link in old.links
    }


def names(links: Sequence[Link]) -> list[str]:
    """Return the names of links, for a matrix of CI."""
    return [link.name for link in links]
