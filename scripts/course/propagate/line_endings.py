"""Line endings stay each link's own: how an edit was saved is no part of what it changes.

An editor on Windows may save a whole file with CRLF for the sake of one line. To a merge, every
line would differ. So both sides of an edit are read with the endings that the later link has.
"""

from __future__ import annotations

from course.git import Entry
from course.propagate.git_objects import Objects


def as_in(objects: Objects, ours: str, base: str, theirs: str) -> tuple[str, str, list[str]]:
    """Return an edit's two trees with the line endings of the link that it is carried into.

    Args:
        objects: the store's objects.
        ours: the later link's tree.
        base: the tree before the edit.
        theirs: the tree after it.

    Returns:
        The two trees, and the files whose endings the edit changed, in order of path.
    """
    before: dict[str, Entry | None] = {}
    after: dict[str, Entry | None] = {}
    changed = []
    for path, (old, new) in objects.differences(base, theirs).items():
        own = objects.file(ours, path)
        if not (old and new and own) or any(not e.mode.startswith("100") for e in (old, new, own)):
            continue
        contents = [objects.blob(entry.blob) for entry in (old, new, own)]
        kinds = [_ending(content) for content in contents]
        if kinds[0] == kinds[1] == kinds[2] or kinds[2] not in (b"\n", b"\r\n"):
            continue
        if any(b"\0" in content for content in contents):
            continue
        if kinds[0] != kinds[1]:
            changed.append(path)
        for entries, entry, content in ((before, old, contents[0]), (after, new, contents[1])):
            ended = content.replace(b"\r\n", b"\n").replace(b"\n", kinds[2])
            entries[path] = Entry(entry.mode, objects.write_blob(ended))
    return objects.edit(base, before), objects.edit(theirs, after), changed


def _ending(content: bytes) -> bytes:
    """Return what all lines of a text end with; empty where they differ, or there is none."""
    windows = content.count(b"\r\n")
    lines = content.count(b"\n")
    if not windows:
        return b"\n"
    return b"\r\n" if windows == lines else b""
