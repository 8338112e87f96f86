"""Python's parser (``ast.parse``) behind a lock, for threads that would disturb each other.

In CPython 3.11, two threads that parse at the same time disturb each other now and then:
``SystemError: AST constructor recursion depth mismatch`` (python/cpython#106905). So one waits for
the other.
"""

from __future__ import annotations

import ast
import threading

_LOCK = threading.Lock()


def parse(source: str | bytes) -> ast.Module:
    """Return the tree of a Python source, as `ast.parse` does.

    Args:
        source: the text of a module.

    Raises:
        SyntaxError: when it is not Python.
        ValueError: when it has a null byte.
    """
    with _LOCK:
        return ast.parse(source)
