"""Updates folders file by file to match a link: mirrors, and links declared as copies.

Only what the link itself brings or brought is written and taken away: what git ignores stays.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path, PurePosixPath

from course import workspace
from course.chain import Chain
from course.git import Change, Entry
from course.journal import Plan, Remove, Write, Writer, changing
from course.repository import replacing


def differences(chain: Chain) -> list[Change]:
    """Return in what a declared copy differs from the link it is a copy of."""
    return [change for link in chain if link.is_copy for change in chain.changes(link)]


def planned(chain: Chain) -> Plan:
    """Return what makes every declared copy equal to the link before it.

    What somebody wrote into a copy, and committed nowhere, is marked to be kept among the backups.
    """
    plan = Plan()
    committed = chain.store.commit_tree("HEAD")
    for link in chain:
        before = chain.before(link)
        if not link.is_copy or before is None:
            continue
        wanted, have = chain.entries(before), chain.entries(link)
        known = (
            chain.store.entries(chain.store.subtree(committed, link.folder)) if committed else {}
        )
        contents = chain.store.blobs(entry.blob for entry in wanted.values())
        for path, present in have.items():
            if path not in wanted:
                keep = known.get(path) != present
                plan.removals.append(Remove(f"{link.folder}/{path}", present, keep))
        for path, entry in wanted.items():
            found = have.get(path)
            if found != entry:
                keep = found is not None and known.get(path) != found
                content = contents[entry.blob]
                plan.writes.append(Write(f"{link.folder}/{path}", content, found, entry.mode, keep))
    return plan


def renew(chain: Chain, writer: Writer | None = None) -> list[str]:
    """Make every declared copy equal to the link before it.

    Args:
        chain: the chain.
        writer: who holds the working copy already, if somebody does.

    Returns:
        The paths from the root that were written or taken away.
    """
    plan = planned(chain)
    with nullcontext(writer) if writer else changing(chain.repository, "lint --fix") as holder:
        holder.carry_out(plan)
    chain.refresh()
    return paths(plan)


def paths(plan: Plan) -> list[str]:
    """Return the paths from the root that a plan writes or takes away."""
    return sorted({*(write.path for write in plan.writes), *(gone.path for gone in plan.removals)})


def take_away(folder: Path, path: str) -> None:
    """Take a file away, and the folders above it as far as they are empty then."""
    (folder / path).unlink(missing_ok=True)
    for name in PurePosixPath(path).parents:
        parent = folder / name
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()


def place(folder: Path, path: str, entry: Entry, content: bytes) -> None:
    """Write a file of a link into a folder, in place of what is there."""
    target = folder / path
    if target.is_dir() and not target.is_symlink():
        # A folder became a file; what git ignores is all that is left in it.
        workspace.remove(target)
    own = target.with_name(f".course-{os.getpid()}-{os.urandom(4).hex()}.new")
    with replacing(target, own) as fresh:
        workspace.write_entry(fresh, entry, content)
