"""The lines of a named symbol in a file: which languages are known, and the pattern of each.

Python is parsed with `ast`. For other files there are named patterns: a target, a table, a key, an
element. A symbol that a pattern misses can still be shown by a phrase.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import PurePosixPath

from course import syntax
from course.errors import CourseError

# The lines of a symbol: from 0, end exclusive.
Range = tuple[int, int]
Symbols = dict[str, list[Range]]

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


def find(path: str, lines: Sequence[str], name: str) -> list[Range]:
    """Return the lines of a symbol in a file.

    Args:
        path: the file's path, which says what a symbol is in it.
        lines: its lines, with or without their endings.
        name: the symbol, as ``docs/contributors/writing-pages.md`` lists them.

    Returns:
        Its ranges in order; none when the file has no such symbol.

    Raises:
        CourseError: when files of this kind have no symbols, or this one cannot be read.
    """
    if _reader(path) is None:
        raise CourseError(
            f"{path}: files of this kind have no symbols.", "Show it by a phrase: `hunk: …`."
        )
    try:
        return merge(_found(path, _text(lines)).get(name, []))
    except SyntaxError as error:
        raise CourseError(
            f"{path}: not Python that can be read: {error.msg}.", "Show it by a phrase: `hunk: …`."
        ) from None


def names(path: str, lines: Sequence[str]) -> Symbols:
    """Return every symbol of a file with its lines; none where it cannot be read."""
    try:
        return dict(_found(path, _text(lines)))
    except SyntaxError:
        return {}


def _text(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip("\r\n") for line in lines)


@lru_cache(maxsize=4096)
def _found(path: str, text: str) -> Symbols:
    """Return the symbols of a file; pages ask for one after the other of the same."""
    reader = _reader(path)
    return reader(text.split("\n")) if reader else {}


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Return ranges in order, with those that touch made one."""
    merged: list[Range] = []
    for start, end in sorted(set(ranges)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _reader(path: str) -> Callable[[list[str]], Symbols] | None:
    name = PurePosixPath(path).name
    if name.startswith("Dockerfile"):
        return _dockerfile
    if name.startswith((".env", "env.")):
        return _shell
    if name in ("Makefile", "GNUmakefile"):
        return _makefile
    suffix = PurePosixPath(path).suffix
    return _READERS.get(suffix)


# --- Python


def _python(lines: list[str]) -> Symbols:
    tree = syntax.parse("\n".join(lines) + "\n")
    found: Symbols = {}
    if tree.body and ast.get_docstring(tree, clean=False) is not None:
        found["docstring"] = [_span(tree.body[0])]
    imports = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    if imports:
        found["imports"] = [_span(node) for node in imports]
    _python_body(tree.body, "", found)
    for key in found:
        if key not in ("imports", "docstring"):
            found[key] = [(_above(lines, start), end) for start, end in found[key]]
    return found


def _python_body(body: Sequence[ast.stmt], prefix: str, found: Symbols) -> None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}"
            found.setdefault(name, []).append(_span(node))
            _python_body(node.body, f"{name}.", found)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(part, ast.Name | ast.Attribute):
                        name = f"{prefix}{ast.unparse(part)}"
                        found.setdefault(name, []).append(_span(node))
                        _python_keys(node.value, f"{name}.", found)
        else:
            # An assignment under `if`, `try` or `with` is still the module's own.
            for key in ("body", "orelse", "finalbody"):
                _python_body(getattr(node, key, []), prefix, found)
            for handler in getattr(node, "handlers", []):
                _python_body(handler.body, prefix, found)


def _python_keys(value: ast.expr | None, prefix: str, found: Symbols) -> None:
    """Add the keys of a dictionary: ``DATABASES.default``."""
    if isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                end = item.end_lineno or item.lineno
                found.setdefault(f"{prefix}{key.value}", []).append((key.lineno - 1, end))
                _python_keys(item, f"{prefix}{key.value}.", found)


def _span(node: ast.stmt) -> Range:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first - 1, node.end_lineno or node.lineno


def _above(lines: Sequence[str], start: int, mark: str = "#") -> int:
    """Return where the comment right above a line begins."""
    while start and lines[start - 1].lstrip().startswith(mark):
        start -= 1
    return start


# --- Files without a parser of their own


def _makefile(lines: list[str]) -> Symbols:
    found: Symbols = {}
    rule = re.compile(r"^([^\s:#=][^:#=]*?)\s*::?(?!=)")
    variable = re.compile(r"^(?:export\s+|override\s+)?([\w.-]+)\s*(?:\?|\+|::?)?=")
    for number, line in enumerate(lines):
        match = variable.match(line) or rule.match(line)
        if match is None:
            continue
        end = number + 1
        while end < len(lines) and (lines[end].startswith("\t") or lines[end - 1].endswith("\\")):
            end += 1
        for name in match[1].split():
            found.setdefault(name, []).append((_above(lines, number), end))
    return found


def _toml(lines: list[str]) -> Symbols:
    found: Symbols = {}
    header = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
    key = re.compile(r"^\s*([\w.\"'-]+)\s*=")
    table, opened = "", -1
    number = 0

    def close(end: int) -> None:
        if table:
            found.setdefault(table, []).append((opened, _trimmed(lines, opened, end)))

    while number < len(lines):
        line = lines[number]
        if match := header.match(line):
            start = _above(lines, number)
            close(start)
            table, opened = match[1].replace('"', ""), start
        elif match := key.match(line):
            end = number + 1
            while end < len(lines) and not _is_toml(lines[number:end]):
                end += 1
            name = f"{table}.{match[1]}" if table else match[1]
            found.setdefault(name.replace('"', ""), []).append((_above(lines, number), end))
            number = end - 1
        number += 1
    close(len(lines))
    return found


def _is_toml(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _indented(lines: list[str]) -> Symbols:
    """Read YAML, and JSON that is written one key a line, by indentation."""
    found: Symbols = {}
    key = re.compile(r"^(\s*(?:-\s+)*)[\"']?([^\s\"'#:{][^\"':]*?)[\"']?\s*:(?=\s|$)")
    open_keys: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        match = key.match(line)
        if match is None:
            continue
        depth = len(match[1])
        while open_keys and open_keys[-1][0] >= depth:
            open_keys.pop()
        open_keys.append((depth, match[2]))
        end = number + 1
        while end < len(lines) and (not lines[end].strip() or _depth(lines[end]) > depth):
            end += 1
        if end < len(lines) and _depth(lines[end]) == depth and lines[end].strip()[0] in "]}":
            end += 1
        name = ".".join(name for _, name in open_keys)
        start = _above(lines, number)
        found.setdefault(name, []).append((start, _trimmed(lines, number, end)))
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _trimmed(lines: Sequence[str], start: int, end: int) -> int:
    """Return an end without the blank lines and comments before it."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


class _Elements(HTMLParser):
    """Finds where elements begin and end; template tags are text to it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Symbols = {}
        self._open: list[tuple[str, int, list[str]]] = []
        self.feed(text)
        self.close()
        for _, start, keys in self._open:
            self._add(keys, start, start + 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        identity = dict(attrs).get("id")
        keys = [tag, *([f"#{identity}"] if identity else [])]
        line = self.getpos()[0] - 1
        if tag in _VOID:
            self._add(keys, line, line + (self.get_starttag_text() or "").count("\n") + 1)
        else:
            self._open.append((tag, line, keys))

    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if tag in (name for name, _, _ in self._open):
            while True:
                name, start, keys = self._open.pop()
                self._add(keys, start, line)
                if name == tag:
                    return

    def _add(self, keys: list[str], start: int, end: int) -> None:
        for key in keys:
            self.found.setdefault(key, []).append((start, end))


def _html(lines: list[str]) -> Symbols:
    found = _Elements("\n".join(lines)).found
    tag = re.compile(r"\{%-?\s*(block|endblock)\b\s*(\w*)")
    blocks: list[tuple[str, int]] = []
    for number, line in enumerate(lines):
        for match in tag.finditer(line):
            if match[1] == "block":
                blocks.append((match[2], number))
            elif blocks:
                name, start = blocks.pop()
                found.setdefault(f"block {name}", []).append((start, number + 1))
    return found


def _css(lines: list[str]) -> Symbols:
    found: Symbols = {}
    for number, line in enumerate(lines):
        if "{" not in line:
            continue
        first = number
        while first and lines[first - 1].rstrip().endswith(","):
            first -= 1
        selectors = " ".join(lines[first:number] + [line.split("{")[0]])
        end = _balanced(lines, number)
        start = first
        while start and re.search(r"^\s*/\*.*\*/\s*$", lines[start - 1]):
            start -= 1
        whole = " ".join(selectors.split())
        for name in {whole, *(part.strip() for part in whole.split(","))}:
            found.setdefault(name, []).append((start, end))
    return found


def _javascript(lines: list[str]) -> Symbols:
    found: Symbols = {}
    declaration = re.compile(
        r"^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?"
        r"(?:function\*?\s+|class\s+|interface\s+|type\s+|const\s+|let\s+|var\s+)([\w$]+)"
    )
    method = re.compile(
        r"^\s+(?:static\s+|async\s+|get\s+|set\s+)*(?!if|for|while|switch|catch)([\w$]+)\(.*\{\s*$"
    )
    for number, line in enumerate(lines):
        match = declaration.match(line) or method.match(line)
        if match:
            start = _above(lines, number, "//")
            found.setdefault(match[1], []).append((start, _balanced(lines, number)))
    return found


def _balanced(lines: Sequence[str], start: int) -> int:
    """Return where the brackets that open on a line are closed again."""
    depth = 0
    for number in range(start, len(lines)):
        code = re.sub(r"//.*$|'[^']*'|\"[^\"]*\"|`[^`]*`", "", lines[number])
        depth += sum(code.count(mark) for mark in "{[(") - sum(code.count(m) for m in "}])")
        if depth <= 0:
            return number + 1
    return len(lines)


def _markdown(lines: list[str]) -> Symbols:
    found: Symbols = {}
    heading = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
    fenced = False
    open_headings: list[tuple[int, str, int]] = []

    def close(level: int, end: int) -> None:
        while open_headings and open_headings[-1][0] >= level:
            _, title, start = open_headings.pop()
            last = end
            while last > start + 1 and not lines[last - 1].strip():
                last -= 1
            found.setdefault(title, []).append((start, last))

    for number, line in enumerate(lines):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        match = None if fenced else heading.match(line)
        if match:
            close(len(match[1]), number)
            open_headings.append((len(match[1]), match[2], number))
    close(0, len(lines))
    return found


def _dockerfile(lines: list[str]) -> Symbols:
    found: Symbols = {}
    stages = [
        (_above(lines, number), match[1])
        for number, line in enumerate(lines)
        if (match := re.match(r"(?i)^FROM\s+\S+(?:\s+AS\s+(\S+))?", line))
    ]
    for (start, name), (end, _) in zip(stages, [*stages[1:], (len(lines), "")], strict=True):
        if name:
            found.setdefault(name, []).append((start, _trimmed(lines, start, end)))
    return found


def _shell(lines: list[str]) -> Symbols:
    found: Symbols = {}
    for number, line in enumerate(lines):
        if match := re.match(r"^\s*(?:function\s+)?([\w-]+)\s*\(\)\s*\{?", line):
            found.setdefault(match[1], []).append((_above(lines, number), _balanced(lines, number)))
        elif match := re.match(r"^#?\s*(?:export\s+)?([A-Za-z_]\w*)=", line):
            found.setdefault(match[1], []).append((_above(lines, number), number + 1))
    return found


_READERS: dict[str, Callable[[list[str]], Symbols]] = {
    ".py": _python,
    ".toml": _toml,
    ".yml": _indented,
    ".yaml": _indented,
    ".json": _indented,
    ".html": _html,
    ".svg": _html,
    ".xml": _html,
    ".css": _css,
    ".js": _javascript,
    ".mjs": _javascript,
    ".ts": _javascript,
    ".md": _markdown,
    ".mk": _makefile,
    ".sh": _shell,
    ".bash": _shell,
}
