"""The map of the tool for contributors: its packages and modules, in their first sentences.

It stands in ``docs/contributors/the-tool.md`` between two marks, as the reference does in its page:
``course docs nav`` writes it, and ``course docs check`` fails when it is not what would be written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from course import syntax
from course.docs import reference
from course.docs.reference import Section

PACKAGE = Path(__file__).resolve().parent.parent
# As a page names it.
_ROOT = "scripts/course"
_SENTENCE = re.compile(r".+?[.!?](?=\s+[A-Z`]|$)", re.DOTALL)


def written() -> str:
    """Return the map as it stands in the page, marks included."""
    lines = [SECTION.begin, ""]
    for folder in _rooms(PACKAGE):
        inside = folder.relative_to(PACKAGE).as_posix()
        lines += [f"## `{_ROOT}/`" if inside == "." else f"## `{_ROOT}/{inside}/`", ""]
        if said := _said(folder / "__init__.py"):
            lines += [said, ""]
        lines += ["| module | what it is for |", "|---|---|"]
        lines += [f"| `{module.name}` | {_said(module)} |" for module in _modules(folder)]
        lines += [""]
    return "\n".join([*lines, SECTION.end]) + "\n"


def _rooms(folder: Path) -> Iterator[Path]:
    """Yield a folder and those below it that hold modules, in the order of their names."""
    if _modules(folder):
        yield folder
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and inner.name not in ("__pycache__", "node_modules"):
            yield from _rooms(inner)


def _modules(folder: Path) -> list[Path]:
    """Return the modules of a folder, but for what stands for the folder itself."""
    return sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")


def _said(module: Path) -> str:
    """Return the first sentence of a module's docstring, as Markdown; ``""`` if it has none."""
    if not module.exists():
        return ""
    said = ast.get_docstring(syntax.parse(module.read_bytes())) or ""
    found = _SENTENCE.match(said.partition("\n\n")[0])
    return reference.as_markdown(found[0].replace("``", "`")) if found else ""


# A course without the page needs no map.
SECTION = Section(
    "contributors/the-tool.md",
    "<!-- modules: begin (written by `course docs nav` from the tool's code) -->",
    "<!-- modules: end -->",
    written,
)
