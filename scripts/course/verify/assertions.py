"""Whether a test can fail at all: it asserts something, or calls what asserts.

A test that only calls things, or asserts what is always so, proves nothing, wherever it was run.
It is found by reading it: nothing is run, and what cannot be read is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from course import syntax
from course.chain import Chain, Link

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CHECKING = frozenset({"raises", "warns", "deprecated_call", "fail"})
# Of unittest and Django; a number of queries is a constant that says something.
_COMPARING = re.compile(r"assert(?!NumQueries)[A-Z]")
_EVERYTHING = frozenset({"Exception", "BaseException", "AssertionError"})


def of_step(chain: Chain, link: Link) -> Suite:
    """Return a step's tests, with what stands beside them: a ``conftest.py``, helpers."""
    return Suite(written(chain, link, "conftest.py"))


def written(chain: Chain, link: Link, *more: str) -> dict[str, bytes]:
    """Return the files in Python below the paths of a step's tests, and below further ones."""
    roots = [*link.step.settings.tests, *more]
    entries = {
        path: entry
        for path, entry in chain.entries(link).items()
        if path.endswith(".py") and any(PurePosixPath(path).is_relative_to(root) for root in roots)
    }
    contents = chain.store.blobs(entry.blob for entry in entries.values())
    return {path: contents[entry.blob] for path, entry in entries.items()}


def said(idle: Sequence[str]) -> str:
    """Return the fault of tests that assert nothing."""
    more = f" (and {len(idle) - 1} more)" if len(idle) > 1 else ""
    return (
        f"{idle[0]}{more} asserts nothing: once it can be imported, it passes whatever the code"
        " does; let it assert what the step adds, or take it out"
    )


class Suite:
    """The tests of a step, read.

    Args:
        files: the content of each file with tests or with what they use, by its path.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._modules: dict[str, ast.Module] = {}
        self._functions: dict[str, list[_Function]] = {}
        self._classes: dict[str, list[ast.ClassDef]] = {}
        self._known: dict[_Function, bool] = {}
        for path, content in files.items():
            try:
                tree = syntax.parse(content)
            except (SyntaxError, ValueError):
                continue
            self._modules[".".join(PurePosixPath(path).with_suffix("").parts)] = tree
            for node in ast.walk(tree):
                if isinstance(node, _Function):
                    self._functions.setdefault(node.name, []).append(node)
                elif isinstance(node, ast.ClassDef):
                    self._classes.setdefault(node.name, []).append(node)

    def idle(self, tests: Iterable[str]) -> list[str]:
        """Return those of some tests that assert nothing."""
        return [test for test in tests if self._is_idle(test)]

    def _is_idle(self, test: str) -> bool:
        found = self._find(test.split("[")[0])
        return bool(found) and not any(self._asserts(function) for function in found)

    def _find(self, name: str) -> list[_Function]:
        """Return what a test's name may mean; nothing if it is not written in these files."""
        words = name.split(".")
        for length in range(len(words) - 1, 0, -1):
            module = self._modules.get(".".join(words[:length]))
            if module is not None:
                return self._inside(module.body, words[length:])
        return []

    def _inside(self, body: list[ast.stmt], words: list[str]) -> list[_Function]:
        for node in body:
            if isinstance(node, _Function) and [node.name] == words:
                return [node]
            if isinstance(node, ast.ClassDef) and node.name == words[0] and len(words) > 1:
                own = self._inside(node.body, words[1:])
                return own or self._inherited(node, words[-1], {node.name})
        return []

    def _inherited(self, node: ast.ClassDef, name: str, seen: set[str]) -> list[_Function]:
        found = []
        for base in map(_last_name, node.bases):
            if base in seen:
                continue
            seen.add(base)
            for other in self._classes.get(base, ()):
                own = self._inside(other.body, [name])
                found += own or self._inherited(other, name, seen)
        return found

    def _asserts(self, function: _Function) -> bool:
        """Return whether a function, or what it calls or is given, asserts something."""
        if function not in self._known:
            self._known[function] = False  # what calls itself alone asserts nothing
            given = function.args
            parameters = (*given.posonlyargs, *given.args, *given.kwonlyargs)
            self._known[function] = any(map(self._checks, _reached(function.body))) or any(
                self._called(parameter.arg) for parameter in parameters
            )
        return self._known[function]

    def _called(self, name: str) -> bool:
        return any(self._asserts(function) for function in self._functions.get(name, ()))

    def _checks(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Assert):
            return not _always_true(node.test)
        if isinstance(node, ast.Raise):
            return True
        if not isinstance(node, ast.Call):
            return False
        name = _last_name(node.func)
        if name in _CHECKING:
            return True
        if "assert" in name.lower():
            return not (_COMPARING.match(name) and _says_nothing(node))
        # A class is called as well: what runs when it is made, or entered by `with`.
        made = (m for c in self._classes.get(name, ()) for m in c.body if isinstance(m, _Function))
        return self._called(name) or any(
            self._asserts(method) for method in made if method.name.startswith("__")
        )


def _reached(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Yield what is in a function's body, but for what never runs and what nobody hears of."""
    for statement in body:
        if isinstance(statement, ast.If | ast.While) and isinstance(statement.test, ast.Constant):
            yield from _reached(statement.body if statement.test.value else statement.orelse)
        elif isinstance(statement, ast.Try | ast.TryStar):
            if not any(map(_swallows, statement.handlers)):
                yield from _reached(statement.body)
            for handler in statement.handlers:
                yield from _reached(handler.body)
            yield from _reached([*statement.orelse, *statement.finalbody])
        elif isinstance(statement, ast.With | ast.AsyncWith):
            made = [item.context_expr for item in statement.items]
            if not any(map(_suppresses, made)):
                for expression in made:
                    yield from ast.walk(expression)
                yield from _reached(statement.body)
        elif isinstance(statement, ast.Return | ast.Continue | ast.Break):
            yield from ast.walk(statement)
            return
        else:
            yield statement
            for _, value in ast.iter_fields(statement):
                parts = value if isinstance(value, list) else [value]
                if parts and all(isinstance(part, ast.stmt) for part in parts):
                    yield from _reached(parts)
                    continue
                for part in parts:
                    if isinstance(part, ast.match_case):
                        yield from _reached(part.body)
                    elif isinstance(part, ast.AST):
                        yield from ast.walk(part)


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches a failed assertion, and goes on as if there were none."""
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught] if caught else []
    if kinds and not any(_last_name(kind) in _EVERYTHING for kind in kinds):
        return False
    return not any(isinstance(node, ast.Raise | ast.Assert) for node in ast.walk(handler))


def _suppresses(expression: ast.expr) -> bool:
    return (
        isinstance(expression, ast.Call)
        and _last_name(expression.func) == "suppress"
        and any(_last_name(kind) in _EVERYTHING for kind in expression.args)
    )


def _always_true(test: ast.expr) -> bool:
    """Return whether an assertion cannot fail: of constants, of itself, of a filled tuple."""
    if isinstance(test, ast.Tuple) and test.elts:
        return True
    if isinstance(test, ast.BoolOp):
        found = [_always_true(value) for value in test.values]
        return any(found) if isinstance(test.op, ast.Or) else all(found)
    if isinstance(test, ast.Compare) and len(test.comparators) == 1:
        if _same(test.left, test.comparators[0]):
            return True
    return _is_constant(test)


def _says_nothing(node: ast.Call) -> bool:
    """Return whether a call like ``self.assertEqual(1, 1)`` is about constants alone."""
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    if not values or any(isinstance(value, ast.Starred) for value in values):
        return False
    return all(map(_is_constant, values)) or (len(node.args) > 1 and _same(*node.args[:2]))


def _same(left: ast.expr, right: ast.expr) -> bool:
    calls = any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(left))
    return not calls and ast.dump(left) == ast.dump(right)


def _is_constant(expression: ast.expr) -> bool:
    telling = (ast.Name, ast.Attribute, ast.Call, ast.Await, ast.Subscript)
    return not any(isinstance(node, telling) for node in ast.walk(expression))


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript | ast.Call):
        return _last_name(node.value if isinstance(node, ast.Subscript) else node.func)
    return node.id if isinstance(node, ast.Name) else ""
