"""Python's own parser, for many threads."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from course import syntax

TOOL = Path(syntax.__file__).parent


def test_many_threads_parse_what_one_does() -> None:
    sources = [path.read_bytes() for path in sorted(TOOL.glob("*.py"))]
    alone = [ast.dump(syntax.parse(source)) for source in sources]
    with ThreadPoolExecutor(4) as pool:
        assert [ast.dump(tree) for tree in pool.map(syntax.parse, sources)] == alone


def test_what_is_not_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        syntax.parse("def")


def test_nothing_else_parses() -> None:
    found = [path.name for path in TOOL.rglob("*.py") if "ast.parse(" in path.read_text("utf-8")]
    assert found == ["syntax.py"]
