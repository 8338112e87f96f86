"""The recipe "Fix a step" in CONTRIBUTING.md does with the course's own steps what it says."""

from __future__ import annotations

import re
from pathlib import Path

import black
import pytest

from course.chain import Chain
from course.errors import CourseError
from course.propagate.operation import Propagation
from course.repository import Repository
from course.verify.sandbox import HOST
from tests import propagation_chains as made

ROOT = Path(__file__).parents[3]
RECIPE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Fix a step")[2]
SETTINGS = "config/settings.py"
# The form of the course's code (`line-length` in the steps' pyproject.toml).
MODE = black.Mode(line_length=100)


def edited() -> str:
    """Return the line that the recipe writes into the settings of the first step."""
    match = re.search(rf"^\$ \$EDITOR steps/01\S*/{SETTINGS} +# (.+)$", RECIPE, re.MULTILINE)
    assert match is not None
    return match[1]


def solved() -> str:
    """Return what the recipe makes of the lines in conflict."""
    match = re.search(r"```python\n(.+?)```", RECIPE, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.fixture
def course(tmp_path: Path) -> Repository:
    """The settings of the first three steps, with the recipe's edit of the first."""
    chain = Chain(Repository(ROOT))
    snapshots: list[made.Files] = [
        {SETTINGS: (made.FILE, (chain.path(link) / SETTINGS).read_bytes())}
        for link in chain.links[:3]
    ]
    repository = made.make(tmp_path / "course", snapshots)
    path = repository.root / made.folder_of(0) / SETTINGS
    text, count = re.subn(r"(?m)^ALLOWED_HOSTS = .*$", edited(), path.read_text())
    assert count == 1
    path.write_text(text)
    return repository


def test_the_mended_step_answers_to_what_verify_asks() -> None:
    for text in (edited(), solved()):
        hosts = re.search(r"\[(.+?)\]", text)
        assert hosts is not None and f'"{HOST}"' in hosts[1]


def test_what_is_to_be_written_has_the_form_that_later_steps_check() -> None:
    assert black.format_str(solved(), mode=MODE) == solved()


def test_it_stops_at_the_third_step_and_goes_on_as_described(course: Repository) -> None:
    with Propagation(course) as propagation:
        report = propagation.begin()
    assert report.stopped is not None and report.stopped.link.label == "03"
    assert "steps/03-configuration/config/settings.py is in conflict" in RECIPE
    assert edited() in (course.root / made.folder_of(1) / SETTINGS).read_text()
    path = course.root / made.folder_of(2) / SETTINGS
    with Propagation(course) as propagation:
        with pytest.raises(CourseError, match="a conflict marker"):
            propagation.resume()
    own = re.sub(r"(?ms)^<<<<<<< .*?\n(.*?)^=======\n.*?^>>>>>>> .*?\n", r"\1", path.read_text())
    path.write_text(re.sub(r"(?m)^ALLOWED_HOSTS = .*\n", solved(), own))
    with Propagation(course) as propagation:
        assert propagation.resume().stopped is None
    assert solved() in path.read_text()
