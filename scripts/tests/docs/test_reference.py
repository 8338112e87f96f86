"""The reference of the tool is what its help says, and names all that the tool keeps."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.docs.site_course import SiteCourse

from course import cli
from course.commands.docs import docs
from course.docs import reference
from course.errors import CourseError
from course.repository import Repository

TOOL = Path(reference.__file__).parent.parent
PAGE = f"# Reference\n\nBefore.\n\n{reference.BEGIN}\n{reference.END}\n\nAfter.\n"


def test_it_names_every_verb_and_every_option() -> None:
    text = reference.written()

    def look(command: click.Command, name: str) -> None:
        assert f"# {name}\n" in text
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                section = text.partition(f"# {name}\n")[2].partition("\n#")[0]
                assert f"{parameter.opts[-1]}" in section
        if isinstance(command, click.Group):
            for inner in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), inner)
                assert found is not None
                look(found, f"{name} {inner}")

    for verb in cli.VERBS:
        found = cli.cli.get_command(click.Context(cli.cli), verb)
        assert found is not None
        look(found, f"course {verb}")


def test_it_names_every_exit_code() -> None:
    assert list(reference.exit_codes()) == ["0", "1", "2", "130", "141"]
    assert reference.exit_codes()["141"] == "nobody read the output"


def test_it_names_all_that_lies_in_the_folder_of_state() -> None:
    source = "\n".join(path.read_text() for path in TOOL.rglob("*.py"))
    found = set(re.findall(r"(?:state|results)_folder\(\"([\w.-]+)\"\)", source))
    found |= set(re.findall(r"repository\.state / \"([\w.-]+)\"", source))
    found |= set(re.findall(r"\"\.course/([\w.-]+)[/\"]", source))
    named = " ".join(name for name, _, _ in reference.STATE).replace("/", "").replace(",", "")
    assert found - set(named.split()) == set()


def test_a_reference_that_lies_is_a_fault(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reference.SECTION.is_current(Repository(course.root))
    course.page("reference.md", PAGE)
    (fault,) = course.faults()
    assert fault == "docs/reference.md: differs from the tool's own help. → course docs nav"
    monkeypatch.chdir(course.root)
    assert CliRunner().invoke(docs, ["nav"]).exit_code == 0
    assert course.faults() == []
    text = (course.root / "docs/reference.md").read_text()
    assert text.startswith("# Reference\n\nBefore.\n") and text.endswith("\n\nAfter.\n")
    assert not reference.SECTION.write(Repository(course.root))


def test_a_page_without_marks(course: SiteCourse) -> None:
    course.page("reference.md", "# Reference\n")
    (fault,) = course.faults()
    assert "has no lines `<!-- reference: begin" in fault
    with pytest.raises(CourseError, match="has no lines"):
        reference.SECTION.write(Repository(course.root))
