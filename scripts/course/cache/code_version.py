"""Which code of the tool a module reaches, so that a memory forgets only when that code changes.

It is found in the source, without importing anything: the imports of a module, wherever they stand,
those of what it imports, and the files beside a module, or at the root of the package, that a
string in it names (a script for the browser, the folder ``audit``). A module that imports by a name
it computes is refused: what it reaches cannot be told.

What starts the tool itself as a program, ``__main__.py``, is not followed: that reaches everything.
Nor is the verb that ``cli.py`` imports when a person asks for it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from course import syntax

PACKAGE = Path(__file__).resolve().parent.parent
PROGRAM = "__main__.py"
VERBS = "cli.py"
_BY_NAME = frozenset({"import_module", "__import__", "run_module", "run_path"})


class Unknowable(Exception):
    """A module imports by a name that it computes."""


@cache
def version(*modules: str) -> str:
    """Return what identifies the code that some modules reach.

    Args:
        modules: full names, as ``course.docs.site``.

    Raises:
        Unknowable: when that cannot be told from the source.
    """
    return version_in(PACKAGE, *modules)


def version_in(package: Path, *modules: str) -> str:
    """Return what `version` does, of a package in another folder."""
    digest = hashlib.sha256()
    for path in reached(*modules, package=package):
        digest.update(f"{path.relative_to(package).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def reached(*modules: str, package: Path = PACKAGE) -> list[Path]:
    """Return the files of the package that some modules reach, themselves included.

    Args:
        modules: full names.
        package: the folder of the package, whose name the modules begin with.

    Raises:
        Unknowable: when a module that is reached imports by a name that it computes.
        ModuleNotFoundError: when one of the modules is not in the package.
    """
    files: set[Path] = set()
    for name in modules:
        found = _files(package, name)
        if not found:
            raise ModuleNotFoundError(f"{package} has no module {name}", name=name)
        files |= set(found)
    waiting = list(files)
    while waiting:
        for path in _named(package, waiting.pop()):
            if path not in files:
                files.add(path)
                waiting.append(path)
    return sorted(files)


def _files(package: Path, name: str) -> list[Path]:
    """Return the files that importing a module runs: its packages', and its own; none if not ours.

    The last part may be a name in a module instead.
    """
    parts = name.split(".")
    if parts[0] != package.name:
        return []
    found, folder = [], package
    for part in parts[1:]:
        found.append(folder / "__init__.py")
        if not (folder / part).is_dir():
            found.append((folder / part).with_suffix(".py"))
            break
        folder = folder / part
    else:
        found.append(folder / "__init__.py")
    return [path for path in found if path.is_file()]


def _named(package: Path, path: Path) -> Iterable[Path]:
    """Return the files of the package that a file of it names."""
    if path.suffix != ".py":
        return ()
    return _walk(package, path, syntax.parse(path.read_bytes()))


def _walk(package: Path, path: Path, tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(package, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = _base(package, path, node)
            for alias in node.names:
                yield from _files(package, f"{base}.{alias.name}")
        elif isinstance(node, ast.Call) and _called(node.func) in _BY_NAME:
            if path == package / VERBS:
                continue
            argument = node.args[0] if node.args else None
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise Unknowable(f"{path}:{node.lineno} imports by a name that it computes")
            yield from _files(package, argument.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _data(package, path, node.value)


def _base(package: Path, path: Path, node: ast.ImportFrom) -> str:
    """Return the full name of what a ``from … import`` imports from."""
    if not node.level:
        return node.module or ""
    folder = path.parent
    for _ in range(node.level - 1):
        folder = folder.parent
    parts = [package.name, *folder.relative_to(package).parts]
    return ".".join([*parts, *filter(None, [node.module])])


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _data(package: Path, path: Path, text: str) -> Iterable[Path]:
    """Return the files that a string means, if it is the name of a file or a folder of data."""
    if (
        text == PROGRAM
        or not 0 < len(text) < 100
        or text.startswith((".", "/"))
        or not text.isprintable()
    ):
        return
    for folder in {path.parent, package}:
        target = folder / text
        if target.is_file():
            yield target
        elif target.is_dir() and not (target / "__init__.py").exists():
            yield from (
                file
                for file in sorted(target.rglob("*"))
                if file.is_file() and "__pycache__" not in file.parts
            )
