"""What ``course list``, ``show`` and ``diff`` print: columns, sizes, words for kinds of change."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from course import console, names
from course.chain import Chain, Link
from course.difference import line_counts
from course.docs import pace
from course.errors import CourseError

_KINDS = {"A": "new", "D": "deleted", "M": "changed", "R": "renamed", "T": "other type"}


def size(chain: Chain, link: Link) -> tuple[int, int]:
    """Return the lines that a link adds and removes, generated and vendored files aside."""
    counts = line_counts.of_link(chain, link).values()
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def chain_table(chain: Chain, marks: Mapping[str, str] | None = None) -> Table:
    """Return the table of all links, a heading a part.

    Args:
        chain: the chain.
        marks: by slug, what to put before a link; None for a table without marks.
    """
    headings = ["step", "", "minutes", "factors", "change"]
    table = console.plain_table(*headings if marks is None else ["", *headings])
    minutes = headings.index("minutes") + len(table.columns) - len(headings)
    table.columns[minutes].justify = "right"
    before = [] if marks is None else [""]
    part = 0
    for link in chain:
        step = link.step
        if step.part != part:
            part = step.part
            title = chain.course.parts[part - 1].title
            table.add_row(*before, "", Text(f"Part {part} · {title}", style="bold cyan"))
        added, removed = size(chain, link)
        change = "(a copy of the step before)" if link.is_copy else f"+{added} −{removed}"
        table.add_row(
            *([] if marks is None else [Text(marks.get(step.slug, ""), style="green")]),
            link.name,
            Text(step.title),
            str(pace.minutes(chain, link)),
            Text(" ".join(step.factors)),
            Text(change),
        )
    return table


def step_details(chain: Chain, link: Link) -> list[RenderableType]:
    """Return what there is to see of one link: its summary, its tree, its commands."""
    step = link.step
    before, after = chain.before(link), chain.after(link)
    added, removed = size(chain, link)
    about = Text()
    about.append(f"{link.name}: {step.title}\n", style="bold")
    about.append(f"{step.summary}\n\n")
    about.append(f"part {step.part} · {chain.course.parts[step.part - 1].title}")
    about.append(f" · {pace.minutes(chain, link)} minutes")
    about.append(f" · factors {', '.join(step.factors)}" if step.factors else "")
    about.append(f" · services {', '.join(step.services)}" if step.services else "")
    about.append(f"\nbefore: {before.name if before else '–'} · after: ")
    about.append(f"{after.name if after else '–'} · lines: +{added} −{removed}\n")
    changes = {change.path: change for change in chain.changes(link)}
    entries = chain.entries(link)
    marked = chain.marked(link, list(entries))
    tree = Tree(Text(link.folder + "/", style="bold"))
    folders: dict[str, Tree] = {"": tree}
    for path in entries:
        parent = _folder(folders, os.path.dirname(path))
        label = Text(names.shown(os.path.basename(path)))
        if path in changes:
            label.append(f"  {_KINDS[changes[path].status]}", style="green")
        if path in marked:
            label.append(f"  {marked[path]}", style="dim")
        parent.add(label)
    gone = [change.path for change in changes.values() if change.status == "D"]
    lines: list[RenderableType] = [about, tree]
    if gone:
        lines.append(Text(f"deleted: {', '.join(map(names.shown, gone))}", style="red"))
    lines.append(Text(f"\ncourse run {link.label}    course verify {link.label}", style="dim"))
    return lines


def _folder(folders: dict[str, Tree], path: str) -> Tree:
    if path not in folders:
        parent = _folder(folders, os.path.dirname(path))
        folders[path] = parent.add(Text(names.shown(os.path.basename(path)) + "/", style="bold"))
    return folders[path]


def difference(
    chain: Chain, a: str, b: str, path: str = "", *, stat: bool = False, everything: bool = False
) -> str:
    """Return the difference between two links, or a link and a folder, as a patch.

    Args:
        chain: the chain.
        a: a link, or the path of a folder.
        b: a link, or the path of a folder.
        path: narrows it to a file or folder inside both, with the system's separators or ``/``.
        stat: only the names and the counts of lines.
        everything: also generated and vendored files.

    Raises:
        CourseError: when one of them is neither a link nor a folder, or ``path`` is in neither.
    """
    (old, _), (new, link) = _side(chain, a), _side(chain, b)
    path = posixpath.normpath(path.replace(os.sep, "/")) if path else ""
    path = "" if path == "." else path
    if path and not any(_holds(chain, tree, path) for tree in (old, new)):
        raise CourseError(f"Neither {a} nor {b} holds {path}.", f"course show {b}")
    left_out = []
    if not everything:
        link = link or _side(chain, a)[1]
        changes = chain.store.changes(old, new)
        paths = sorted({name for change in changes for name in (change.old_path, change.path)})
        if link is not None:
            left_out = [f":(exclude,literal){name}" for name in chain.marked(link, paths)]
    words = ["diff-tree", "-r", "-M", "--stat=100" if stat else "-p", old, new, "--"]
    words += [f":(literal){path}"] if path else (["."] if left_out else [])
    return chain.store.run(*words, *left_out).decode("utf-8", "surrogateescape")


def _holds(chain: Chain, tree: str, path: str) -> bool:
    return bool(chain.store.run("ls-tree", tree, "--", f":(literal){path}"))


def _side(chain: Chain, text: str) -> tuple[str, Link | None]:
    """Return the tree that a person means, and the link if it is one."""
    try:
        link = chain.find(text)
    except CourseError:
        folder = Path(text)
        if not folder.is_dir():
            raise CourseError(f"{text!r} is neither a step nor a folder.", "course list") from None
        return chain.store.folder_tree(folder), None
    return chain.tree_of(link), link


def print_patch(text: str) -> None:
    """Print a patch: in colours on a terminal, byte for byte into a pipe or file."""
    if not console.out.is_terminal:
        stream = console.out.file
        stream.flush()
        raw = getattr(stream, "buffer", None)
        if raw is None:
            stream.write(text)
        else:
            raw.write(text.encode("utf-8", "surrogateescape"))
            raw.flush()
        return
    for line in text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").splitlines():
        console.out.print(Text(line, style=_style(line)))


def _style(line: str) -> str:
    if line.startswith(("diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "rename ")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
