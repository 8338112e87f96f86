"""What of an earlier propagation still stands, now that others may have changed the tree.

The memory says that a link has taken in an edit of the link before. Since then ``git checkout``,
``stash``, ``clean``, ``reset``, ``switch`` may have put the tree back, and a person may have
written to it again, even the same bytes. So the memory of a file counts only as far as the working
copy bears it out: by what is there now, and by the time of modification that the tool gave the
files that it wrote itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from course.chain import Chain, Link
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry
from course.propagate import committed as commits, state as states
from course.propagate.git_objects import Objects
from course.propagate.state import State
from course.repository import Repository

# What forgets a propagation that stopped, and keeps what a person wrote since.
FORGET = ("git stash -u", "course propagate", "git stash pop")


def refuse_while_stopped(repository: Repository, verb: str) -> None:
    """Raise an error when a propagation waits for a person, unless git put back all of it.

    Raises:
        CourseError: with the ways out, see `Lineage.refusal`.
    """
    state = states.load(repository)
    if state is None or state.stop is None:
        return
    chain = Chain(repository)
    with Objects(chain.store) as objects:
        committed = commits.trees(chain, objects, commits.revision(chain, "HEAD"))
        working = {link.step.slug: objects.subtree(chain.tree, link.folder) for link in chain}
        lineage = Lineage(chain, objects, committed, working, state)
        if not lineage.put_back():
            raise lineage.refusal(verb)
    states.forget_stop(repository, state)


class Lineage:
    """Where the files of a working copy come from.

    Args:
        chain: the chain.
        objects: the store's objects.
        committed: by slug, the tree that the commit has now.
        working: by slug, the tree in the working copy.
        state: what is remembered.

    Attributes:
        again: what `put_back` found that a person wrote, or deleted, as a propagation had before.
    """

    def __init__(
        self,
        chain: Chain,
        objects: Objects,
        committed: Mapping[str, str],
        working: Mapping[str, str],
        state: State,
    ) -> None:
        self.links = list(chain)
        self.objects = objects
        self.committed, self.working, self.state = committed, working, state
        self._root = chain.repository.root
        self._stamps = frozenset(state.stamps)
        self.again: list[str] = []

    def bases(self) -> dict[str, str]:
        """Return, by slug, the tree of each link that the link after it has taken in.

        That is the committed one; but for files whose edit was carried since, it is the carried
        one, so that a second call carries only what is new.
        """
        found = dict(self.committed)
        last = self.links[-1].step.slug
        if self.state.written.get(last) == self.working[last]:
            found[last] = self.working[last]
        for link, later in zip(self.links, self.links[1:], strict=False):
            slug = link.step.slug
            if slug not in self.state.carried:
                continue
            # A commit since then that changed the file is the measure; else what it was then.
            changes = {
                path: new
                for path, (old, new) in self._carried(slug).items()
                if self.objects.file(self.committed[slug], path) == old
                and self._stands(link, later, path, old)
            }
            found[slug] = self.objects.edit(self.committed[slug], changes)
        return found

    def borne_out(self) -> int:
        """Return how many files that a propagation changed are there as it left them."""
        count = 0
        for link in self.links:
            left = self._left(link)
            if left is None:
                continue
            then = self.state.committed.get(link.step.slug, self.committed[link.step.slug])
            count += sum(
                self._file(self.working, link, path) == new
                for path, (old, new) in self.objects.differences(then, left).items()
                if self._file(self.committed, link, path) == old
            )
        return count

    def _carried(self, slug: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        then = self.state.committed.get(slug, self.committed[slug])
        return self.objects.differences(then, self.state.carried[slug])

    def _stands(self, link: Link, later: Link, path: str, old: Entry | None) -> bool:
        """Whether a link still holds what it has taken in of an edit of the link before it."""
        here = self._file(self.working, link, path)
        there = self._file(self.working, later, path)
        committed = self._file(self.committed, later, path)
        left = self._left(later)
        written = self.objects.file(left, path) if left is not None else there
        if there == committed != written:
            return False
        if there == written != committed and self.is_own(later, path):
            return True
        if there == written == committed and here == old:
            # What the link before still holds comes back here, and was taken in before.
            before = self.links[link.position - 1] if link.position else None
            if before is not None and self._evidence(before, path):
                return True
            return there is None and self._holds_under_another_name(link, later)
        # A person or git wrote what is there; whether upon the carried file or upon the committed
        # one, only the other links can tell.
        said = self._witness(link, later, path)
        return here != old if said is None else said

    def _holds_under_another_name(self, link: Link, later: Link) -> bool:
        """Whether a link holds an edit in a file that the link before it does not have.

        So it is where it calls a file of the link before otherwise: git follows the new name.
        """
        left = self._left(later)
        if left is None:
            return False
        return any(
            None not in sides
            and self._file(self.committed, link, path) is None
            and self._evidence(later, path) is True
            for path, sides in self.objects.differences(
                self.committed[later.step.slug], left
            ).items()
        )

    def _witness(self, link: Link, later: Link, path: str) -> bool | None:
        """Whether the links around a pair say that what was carried is still there.

        Of a file that bears the tool's mark, or is as in the commit, the nearest one counts. Git
        leaves no mark when it takes out of its stash what it had put there: then most of the links
        are as they were left. A person who begins again writes one or two of them.

        Returns:
            None when they say nothing.
        """
        if self._evidence(link, path) and self.is_own(link, path):
            return True
        after, before = self.links[later.position + 1 :], self.links[: link.position]
        found = [
            (other, said)
            for other in (*after, *reversed(before))
            if (said := self._evidence(other, path)) is not None
        ]
        if not found and (not self._evidence(link, path) or self._anywhere is False):
            # Alone, a file that a person wrote says little: it may be written once more.
            return self._anywhere
        marked = [said for other, said in found if not said or self.is_own(other, path)]
        if any(marked):
            return marked[0]
        back = sum(not said for _, said in found)
        kept = len(found) - back + bool(self._evidence(link, path))
        if kept == back and self._anywhere is not None:
            return self._anywhere
        return found[0][1] if kept == back else kept > back

    @cached_property
    def _anywhere(self) -> bool | None:
        """Whether most files in all links are as they were left; None when there is no telling."""
        found = [
            said
            for link in self.links
            if (left := self._left(link)) is not None
            for path in self.objects.differences(self.committed[link.step.slug], left)
            if (said := self._evidence(link, path)) is not None
        ]
        return None if 2 * sum(found) == len(found) else 2 * sum(found) > len(found)

    def _evidence(self, link: Link, path: str) -> bool | None:
        """Whether a file is as the propagation left it (True), or as the commit has it (False)."""
        left = self._left(link)
        if left is None:
            return None
        was, committed = self.objects.file(left, path), self._file(self.committed, link, path)
        now = self._file(self.working, link, path)
        if was == committed or now not in (was, committed):
            return None
        return now == was

    def is_own(self, link: Link, path: str) -> bool:
        """Whether the tool itself wrote a file as it is there, or took it away.

        A file of the same content that a person wrote, or git, has another time.
        """
        left = self._left(link)
        if left is None or self.objects.file(left, path) != self._file(self.working, link, path):
            return False
        try:
            return (self._root / link.folder / path).lstat().st_mtime_ns in self._stamps
        except OSError:
            # What is gone bears no mark.
            return False

    def own(self, link: Link, last: Collection[tuple[str, str]] = ()) -> Callable[[str], bool]:
        """Return what says of a file of a link whether the tool wrote it, and it is no last copy.

        See `is_own` and `last_copies`.
        """
        return lambda path: self.is_own(link, path) and (link.step.slug, path) not in last

    def put_back(self) -> bool:
        """Whether nothing is left of a propagation that stopped, for git put it back.

        As long as one file is as the propagation wrote it, the propagation waits. A person may put
        a file in conflict back to choose it, or may have fixed it: so the edit that met it must be
        gone as well, or the file and earlier links put back. When the edit is gone, a person may
        have written again what a propagation wrote, or deleted what it deleted: that does not bear
        the tool's mark, and counts as theirs where most of the link is as in the commit.
        """
        stop = self.state.stop
        by_slug = {link.step.slug: link for link in self.links}
        if stop is None or stop.slug not in by_slug:
            return False
        at = by_slug[stop.slug]
        before_it = self.links[at.position - 1]
        edit = self._carried(before_it.step.slug)
        edit_gone = bool(edit) and not any(
            self._file(self.working, before_it, path) == new for path, (_, new) in edit.items()
        )
        put_back, self.again = False, []
        for slug, before in self.state.before.items():
            link = by_slug.get(slug)
            left = self._left(link) if link else None
            if link is None or left is None:
                continue
            back, kept = 0, []
            for path, (_, was) in self.objects.differences(before, left).items():
                now = self._file(self.working, link, path)
                committed = self._file(self.committed, link, path)
                if now == was != committed and not self._is_folder_of_another(link, path, left):
                    if not edit_gone or self.is_own(link, path):
                        return False
                    kept.append(f"{link.folder}/{path}")
                elif now == committed != was:
                    put_back |= link != at
                    back += link != at or path not in stop.conflicts
            if kept and len(kept) >= back:
                return False
            self.again += kept
        return edit_gone or (put_back and self._conflict_put_back(at))

    def _is_folder_of_another(self, link: Link, path: str, left: str) -> bool:
        """Whether a folder is where a propagation deleted a file, and is not the propagation's."""
        here = self.objects.subtree(self.working[link.step.slug], path)
        return here not in (EMPTY_TREE, self.objects.subtree(left, path))

    def _conflict_put_back(self, at: Link) -> bool:
        """Whether all files in conflict are as in the commit: put back, or so chosen."""
        assert self.state.stop is not None
        return all(
            self._file(self.working, at, path) == self._file(self.committed, at, path)
            for path, sides in self.state.stop.conflicts.items()
            if any(sides)
        )

    def refusal(self, verb: str) -> CourseError:
        """Return the error that says that a propagation waits for a person, with the ways out.

        Where the files in conflict are as in the commit, a person may have chosen them, or git may
        have put everything back before a new edit. Only the person knows which, so it names what
        to do then: with the edit in the stash, nothing is left, and the propagation is forgotten.

        Args:
            verb: the verb that cannot run meanwhile.
        """
        stop = self.state.stop
        assert stop is not None
        remedy = "Fix it, then: course propagate --continue   (or: course propagate --abort)"
        at = next((link for link in self.links if link.step.slug == stop.slug), None)
        stashed = copy.copy(self)
        stashed.working = self.committed
        if at is not None and self._conflict_put_back(at) and stashed.put_back():
            remedy += (
                "\n    If git has put everything back since, and what differs now is a new edit:"
                f"\n    {' && '.join(FORGET)}"
                "\n    That forgets the propagation, and your edit is as it was."
            )
        return CourseError(
            f"`course {verb}` must wait: a propagation stopped at {stop.slug!r}.", remedy
        )

    def _left(self, link: Link) -> str | None:
        slug = link.step.slug
        return self.state.written.get(slug, self.state.carried.get(slug))

    def _file(self, trees: Mapping[str, str], link: Link, path: str) -> Entry | None:
        return self.objects.file(trees[link.step.slug], path)
