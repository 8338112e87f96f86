"""The benches of ``scripts/bench``, for the tests of what they say."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from typing import Any

from tests.small_course import SCRIPTS


def load(name: str) -> Any:
    """Return a bench as a module; nothing of it is kept as bytecode beside it."""
    loader = importlib.machinery.SourceFileLoader(name, str(SCRIPTS / "bench" / name))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
