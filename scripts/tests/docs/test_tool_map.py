"""The map of the tool names every module, in the words of the module itself."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.docs.site_course import SiteCourse

from course.commands.docs import docs
from course.docs import tool_map

PAGE = f"# The tool\n\n{tool_map.SECTION.begin}\n{tool_map.SECTION.end}\n\nAfter.\n"


def test_it_names_every_module_with_a_sentence() -> None:
    rows = [line for line in tool_map.written().splitlines() if line.startswith("| `")]
    modules = [path for path in tool_map.PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    assert len(rows) == len(modules) > 200
    assert all(row.endswith((". |", "? |", "! |")) for row in rows)


def test_each_room_says_what_it_is() -> None:
    parts = tool_map.written().split("\n## ")[1:]
    silent = [part.partition("\n")[0] for part in parts if part.split("\n")[2].startswith("|")]
    # What is put on the path of another program is no package, and has no words of its own.
    assert silent == ["`scripts/course/audit/`"]


def test_a_map_that_lies_is_a_fault(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    course.page(tool_map.SECTION.page, PAGE)
    found = [fault for fault in course.faults() if "the-tool.md" in fault and "own code" in fault]
    assert found == [
        "docs/contributors/the-tool.md: differs from the tool's own code. → course docs nav"
    ]
    monkeypatch.chdir(course.root)
    assert CliRunner().invoke(docs, ["nav"]).exit_code == 0
    assert [fault for fault in course.faults() if "own code" in fault] == []
    text = (course.root / "docs/contributors/the-tool.md").read_text()
    assert text.startswith("# The tool\n") and text.endswith("\n\nAfter.\n")
