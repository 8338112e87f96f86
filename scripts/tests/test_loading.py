"""Scripts without an ending, as modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from course import loading

SCRIPT = """
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Count:
    number: int


HERE = Path(__file__)
"""


def test_a_script_is_a_module_of_its_name_and_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    script = tmp_path / "counting"
    script.write_text(SCRIPT)
    module = loading.load(script)
    assert (module.__name__, module.Count(1), module.HERE) == ("counting", module.Count(1), script)
    assert list(tmp_path.iterdir()) == [script]
    assert sys.dont_write_bytecode is False
    assert sys.modules.pop("counting") is module


def test_a_script_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        loading.load(tmp_path / "nowhere")
    sys.modules.pop("nowhere", None)
