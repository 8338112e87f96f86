"""What ``course reach`` finds: the steps that a change touches or will touch, and their pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from course import names
from course.chain import Chain, Link
from course.git import EMPTY_TREE
from course.propagate import committed
from course.propagate.carry import carry
from course.propagate.git_objects import Objects
from course.propagate.merge import Merger

_HEADER = re.compile(rb"^(index [0-9a-f.]+.*|@@ .*? @@.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Reached:
    """What a change does to one link.

    Attributes:
        link: the link.
        files: the files of it that differ from the base.
        missing: files to which an edit of an earlier link is still to be carried.
        conflicts: files in which carrying it will stop.
        page: the path of the page whose difference changes; empty when it does not, or when there
            are no pages.
    """

    link: Link
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    page: str = ""

    def __bool__(self) -> bool:
        return bool(self.files or self.missing or self.conflicts or self.page)

    def as_json(self) -> dict[str, object]:
        """Return it in a form that JSON can hold."""
        return {
            "step": self.link.name,
            "folder": self.link.folder,
            "files": list(self.files),
            "missing": list(self.missing),
            "conflicts": list(self.conflicts),
            "page": self.page,
        }


def reach(chain: Chain, base: str = "HEAD") -> list[Reached]:
    """Return what a change reaches, link by link, untouched links left out.

    Args:
        chain: the chain with the change, as it is in the working copy.
        base: the commit without it.

    Raises:
        CourseError: when the base is not a commit with a catalogue.
    """
    with Objects(chain.store) as objects:
        merger = Merger(objects)
        try:
            stood = committed.trees(chain, objects, committed.revision(chain, base))
            root = chain.tree
            working = {link.step.slug: objects.subtree(root, link.folder) for link in chain}
            outcomes = carry(chain, objects, merger, stood, working, past_conflicts=True)
            result = {o.link.step.slug: o.tree for o in outcomes}
            pages = _pages(chain, stood, result)
            found = [
                Reached(
                    outcome.link,
                    tuple(objects.differences(stood[slug], working[slug])),
                    tuple(
                        path
                        for path in objects.differences(working[slug], result[slug])
                        if path not in outcome.conflicts
                    ),
                    # What the change touches here itself was fixed by hand, one must believe.
                    tuple(
                        path
                        for path in sorted(outcome.conflicts)
                        if objects.file(stood[slug], path) == objects.file(working[slug], path)
                    ),
                    pages.get(slug, ""),
                )
                for outcome in outcomes
                for slug in [outcome.link.step.slug]
            ]
        finally:
            merger.close()
    return [reached for reached in found if reached]


def _pages(chain: Chain, stood: Mapping[str, str], result: Mapping[str, str]) -> dict[str, str]:
    """Return the pages whose difference is another one now, by slug."""
    folder = chain.course.about.pages
    if not folder:
        return {}
    pages = {}
    for link in chain:
        slug, before = link.step.slug, chain.before(link)
        old = stood[before.step.slug] if before else EMPTY_TREE
        new = result[before.step.slug] if before else EMPTY_TREE
        if (old, stood[slug]) == (new, result[slug]):
            continue
        if _patch(chain, old, stood[slug]) != _patch(chain, new, result[slug]):
            pages[slug] = f"{folder}/{slug}.md"
    return pages


def _patch(chain: Chain, old: str, new: str) -> bytes:
    """Return the difference of two trees without what only says where a hunk stands."""
    raw = chain.store.run("diff-tree", "-r", "-p", "-M", "--full-index", "--binary", old, new)
    return _HEADER.sub(b"", raw)


def _code(path: str) -> str:
    """Return a path as code in a table of Markdown, which no name of a file can leave."""
    shown = names.shown(path).replace("|", "\\|")
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, room = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{room}{shown}{room}{fence}"


def markdown(chain: Chain, found: list[Reached]) -> str:
    """Return the comment for a pull request."""
    if not found:
        return "This change touches no step.\n"
    lines = ["This change reaches these steps:", "", "| step | files | page |", "|---|---|---|"]
    for reached in found:
        files = [_code(path) for path in reached.files]
        files += [f"{_code(path)} (still to be carried)" for path in reached.missing]
        files += [f"{_code(path)} (**conflict**)" for path in reached.conflicts]
        page = f"`{reached.page}`" if reached.page else ""
        lines.append(f"| {reached.link.name} | {', '.join(files)} | {page} |")
    if any(reached.missing or reached.conflicts for reached in found):
        lines += ["", "An edit has not been carried to the end yet: `course propagate`."]
    return "\n".join(lines) + "\n"
