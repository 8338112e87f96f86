"""The files of a snapshot as a tree that marks what the step adds, changes, renames and deletes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from course.difference.changes import FileChange
from course.docs.fences import Fence
from course.docs.highlight import attribute, escape
from course.errors import CourseError

_ALL = 99


@dataclass
class _Folder:
    new: bool = False
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def render(fence: Fence, name: str, paths: Iterable[str], changes: Mapping[str, FileChange]) -> str:
    """Return a tree of files.

    Args:
        fence: the ``tree`` fence; its path is a folder.
        name: what the root is called.
        paths: every file of the snapshot.
        changes: what the step changes.

    Raises:
        CourseError: when the folder is not there, or a key makes no sense.
    """
    marks = {path: _mark(changes[path]) if path in changes else "" for path in paths}
    marks |= {path: "deleted" for path, file in changes.items() if file.change.new is None}
    base = "" if fence.path in (".", "*") else fence.path.rstrip("/") + "/"
    inside = {path: mark for path, mark in marks.items() if path.startswith(base)}
    if base and not inside:
        raise CourseError(f"There is no folder {fence.path} in the snapshot.", "Fix its name.")
    only = fence.one("only")
    if only not in ("", "changed"):
        raise CourseError(f"only: {only}", "The one value is `changed`.")
    depth = fence.one("depth")
    if depth and not depth.isdigit():
        raise CourseError(f"depth: {depth} is not a number.", "Write `depth: 2`.")
    before = _folders_before(paths, changes)
    root = _Folder()
    for path, mark in inside.items():
        if only and not mark:
            continue
        *above, file = path.removeprefix(base).split("/")
        folder, place = root, base
        for part in above:
            place += f"{part}/"
            folder = folder.folders.setdefault(part, _Folder(place not in before))
        folder.files[file] = mark
    shown = base.rstrip("/") or name
    inner = _folder(root, int(depth or _ALL))
    return (
        f'<figure class="cd cd-tree" aria-label="Files of {attribute(shown)}"><figcaption>'
        f'<span class="cd-name"><code>{escape(shown)}/</code></span></figcaption>{inner}</figure>'
    )


def _folders_before(paths: Iterable[str], changes: Mapping[str, FileChange]) -> set[str]:
    """Return the folders in which the step before has a file, each with a slash at its end."""
    found = {path for path in paths if path not in changes}
    found |= {file.change.old_path for file in changes.values() if file.change.old is not None}
    return {path[: i + 1] for path in found for i, sign in enumerate(path) if sign == "/"}


def _mark(file: FileChange) -> str:
    word = file.status.split(" ")[0].rstrip(",")
    return "changed" if word == "mode" else word


def _folder(folder: _Folder, depth: int) -> str:
    items = []
    for name in sorted(folder.folders):
        child = folder.folders[name]
        label = f'<span class="cd-dir">{escape(name)}/</span>'
        if child.new:
            label += ' <span class="cd-badge cd-new">new</span>'
        opened = " open" if depth > 1 else ""
        inner = _folder(child, depth - 1)
        items.append(f"<li><details{opened}><summary>{label}</summary>{inner}</details></li>")
    for name in sorted(folder.files):
        mark = folder.files[name]
        badge = f' <span class="cd-badge cd-{mark}">{mark}</span>' if mark else ""
        items.append(
            f'<li class="cd-file{f" cd-is-{mark}" if mark else ""}">{escape(name)}{badge}</li>'
        )
    return f'<ul>{"".join(items)}</ul>'
