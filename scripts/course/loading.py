"""Scripts whose names have no ending, as modules: ``import`` does not find those.

The measurements in ``scripts/bench`` are such scripts, and use pieces of each other.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load(script: Path) -> ModuleType:
    """Run a script as a module of its name, without an ending, and return it.

    Nothing of it is kept as bytecode beside it: a folder of scripts has no place for that.

    Args:
        script: the path of a file in Python.

    Raises:
        OSError: when it cannot be read.
    """
    loader = importlib.machinery.SourceFileLoader(script.stem, str(script))
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(script.stem, loader))
    module.__file__ = str(script)
    # Its data classes look for their module there.
    sys.modules[script.stem] = module
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
