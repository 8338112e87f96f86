"""The layers of the tool, as ``pyproject.toml`` lists them: an import upwards is found."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.small_course import SCRIPTS

from course import repository

# What is planted in a module, and what is then said.
UPWARDS = {
    "chain.py": ("from course import lint", "course.chain -> course.lint"),
    "docs/pages.py": ("from course.play import progress", "course.docs.pages -> course.play."),
    "docs/consoles/check.py": (
        "from course.docs.gates import words",
        "course.docs.consoles.check -> course.docs.gates.words",
    ),
}


def test_an_import_upwards_is_found_and_what_is_in_no_layer(tmp_path: Path) -> None:
    shutil.copy(SCRIPTS.parent / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    package = shutil.copytree(SCRIPTS / "course", tmp_path / "course", ignore=ignored)
    for module, (planted, _) in UPWARDS.items():
        with (package / module).open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef _planted() -> None:\n    {planted}\n")
    (package / "nowhere.py").write_text("", encoding="utf-8")
    done = subprocess.run(
        [repository.tool_programs() / "lint-imports", "--no-cache", "--no-logo"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stdout
    for _, said in UPWARDS.values():
        assert said in done.stdout
    assert "nowhere" in done.stdout
