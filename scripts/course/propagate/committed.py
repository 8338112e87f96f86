"""Where each link stood in a commit: the base of every merge.

Links are known by slug, so that inserting, moving or removing others changes nothing. A link that
is new since the commit began as a copy of the one before it, and so its base is that one's: what
was written into it then reaches every later link, like an edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from course import catalogue, git
from course.chain import Chain, Link, links
from course.errors import CourseError
from course.git import EMPTY_TREE
from course.propagate.git_objects import Objects
from course.repository import CATALOGUE


def revision(chain: Chain, name: str) -> str:
    """Return the commit that a person means.

    Raises:
        CourseError: when there is none.
    """
    done = git.run(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"],
        cwd=chain.repository.root,
        codes=(0, 1),
    )
    found = done.stdout.decode().strip()
    if not found:
        if name == "HEAD":
            raise git.no_history(chain.repository.root, "Nothing is committed yet")
        raise CourseError(f"There is no commit {name!r} in this repository.", "git log --oneline")
    return found


def trees(chain: Chain, objects: Objects, commit: str) -> dict[str, str]:
    """Return the tree of each link as a commit has it, by the slug the link has now.

    Args:
        chain: the working copy.
        objects: the store's objects.
        commit: the commit's name.

    Raises:
        CourseError: when the commit holds no catalogue, or one that cannot be read.
    """
    root = objects.tree_of(commit)
    entry = objects.file(root, CATALOGUE)
    if entry is None:
        raise CourseError(
            f"The commit {commit[:12]} holds no {CATALOGUE}.",
            "Name a commit of the course: course propagate --base REV   (git log --oneline lists"
            " them; where none holds the course, this is a copy inside another repository: clone"
            " the course beside it, copy each file that you edited into the clone, and type the"
            " command there)",
        )
    text = objects.blob(entry.blob).decode("utf-8", "replace")
    committed = links(catalogue.parse(text, f"{commit[:12]}:{CATALOGUE}"))
    stood = {link.step.slug: objects.subtree(root, link.folder) for link in committed}
    known = match([link.step.slug for link in committed], [link.step.slug for link in chain])
    found: dict[str, str] = {}
    previous = EMPTY_TREE
    for link in chain:
        slug = link.step.slug
        previous = found[slug] = stood[known[slug]] if slug in known else previous
    return found


def match(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Return the slug that each link had before, by the slug it has now.

    What has no namesake lies between two links that have; as many new names as old ones there
    means that they were renamed in place.
    """
    known = {slug: slug for slug in new if slug in set(old)}
    for gone, come in zip(_gaps(old, set(known)), _gaps(new, set(known)), strict=True):
        if len(gone) == len(come):
            known |= dict(zip(come, gone, strict=True))
    return known


def _gaps(slugs: Sequence[str], shared: set[str]) -> list[list[str]]:
    gaps: list[list[str]] = [[]]
    for slug in slugs:
        if slug in shared:
            gaps.append([])
        else:
            gaps[-1].append(slug)
    return gaps


def missing(chain: Chain, objects: Objects, working: str, base: dict[str, str]) -> list[Link]:
    """Return the links that were there and whose folder is gone or empty now."""
    return [
        link
        for link in chain
        if objects.subtree(working, link.folder) == EMPTY_TREE
        and base[link.step.slug] != EMPTY_TREE
    ]
